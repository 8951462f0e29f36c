using System.Text;
using Inference.Dialects;

namespace Inference;

/// <summary>One answer in a conversation: a stream of its pieces, and its result.</summary>
/// <remarks>
/// <para>Enumerate it once to read the pieces as they come. A reader that falls <see cref="EngineOptions.StreamCapacity"/> tokens behind
/// pauses this request and no other. Leaving the enumeration early cancels the request and frees what it held.</para>
/// <para>Await <see cref="Completion"/> for the whole answer; from then on the request no longer waits for a reader.</para>
/// <para>All members are safe to use from any thread; there is one enumeration.</para>
/// </remarks>
public sealed class ChatGeneration : IAsyncEnumerable<ChatPiece>
{
    private readonly AnswerContext _context;
    private readonly Lazy<Task<ChatResult>> _completion;

    internal ChatGeneration(Generation generation, AnswerContext context)
    {
        Generation = generation;
        _context = context;
        _completion = new Lazy<Task<ChatResult>>(CompleteAsync);
    }

    /// <summary>The request behind the answer, for what else it offers: its prompt, forks, saving. It must not be enumerated beside this.</summary>
    public Generation Generation { get; }

    /// <summary>
    /// The whole answer, once the request has ended; also after cancellation, with what there was.
    /// Fails with a typed <see cref="InferenceException"/> where the request failed.
    /// </summary>
    public Task<ChatResult> Completion => _completion.Value;

    /// <summary>Ends the request. Its cache blocks are free within one step; an enumeration ends without an error.</summary>
    public void Cancel() => Generation.Cancel();

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The answer or its <see cref="Generation"/> is or was enumerated already.</exception>
    public async IAsyncEnumerator<ChatPiece> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var reader = new PieceReader(_context);
        await foreach (GeneratedToken token in Generation.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            foreach (ChatPiece piece in reader.Read(token))
                yield return piece;
        }

        if (reader.HasEnded)
            yield break;
        GenerationResult result = await Generation.Completion.ConfigureAwait(false);
        foreach (ChatPiece piece in reader.End(result.FinishReason))
            yield return piece;
    }

    // From the tokens of the result rather than from the stream: that may have no reader, or one who leaves.
    private async Task<ChatResult> CompleteAsync()
    {
        GenerationResult result = await Generation.Completion.ConfigureAwait(false);
        var reader = new TokenReader(_context);
        var segments = new List<Segment>();
        foreach (int token in result.Tokens)
            reader.Read(token, segments);
        reader.End(segments);

        var answer = new StringBuilder();
        var reasoning = new StringBuilder();
        var calls = new List<ToolCall>();
        foreach (Segment segment in segments)
        {
            if (segment.Kind == SegmentKind.Answer)
                answer.Append(segment.Text);
            else if (segment.Kind == SegmentKind.Reasoning)
                reasoning.Append(segment.Text);
            calls.AddRange(segment.Calls.Select(reader.Name));
        }

        var message = new Message("assistant", answer.ToString()) { Reasoning = reasoning.Length > 0 ? reasoning.ToString() : null, ToolCalls = calls };
        return new ChatResult(message, result) { ReasoningTokens = reader.ReasoningTokens };
    }
}
