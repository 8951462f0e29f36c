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
    private readonly Lazy<Task<ChatResult>> _completion;

    internal ChatGeneration(Generation generation)
    {
        Generation = generation;
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
    /// <exception cref="InvalidOperationException">The generation is or was enumerated already.</exception>
    public async IAsyncEnumerator<ChatPiece> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (GeneratedToken token in Generation.WithCancellation(cancellationToken).ConfigureAwait(false))
            yield return new ChatPiece(ChatPieceKind.Answer, token.Text) { FinishReason = token.FinishReason, Elapsed = token.Elapsed };
    }

    private async Task<ChatResult> CompleteAsync()
    {
        GenerationResult result = await Generation.Completion.ConfigureAwait(false);
        return new ChatResult(new Message("assistant", result.Text), result);
    }
}
