using Inference.Dialects;

namespace Inference;

/// <summary>Reads an answer token by token.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class TokenReader(AnswerContext context)
{
    private readonly SpokenText _text = new(context.Tokenizer, context.Dialect.Alphabet, context.Options.StopSequences, context.Prompt);
    private readonly AnswerReader _reader = context.Dialect.Read(context.Beginning, context.Tools);
    private readonly ToolCallIds _ids = new(context.IdKey, context.UsedIds);

    /// <summary>Tokens so far that are reasoning or its marks.</summary>
    public int ReasoningTokens { get; private set; }

    /// <summary>Whether what comes now is reasoning, as far as is known.</summary>
    public bool InReasoning => _reader.InReasoning;

    /// <summary>Takes the next token.</summary>
    /// <param name="token">Its id.</param>
    /// <param name="segments">Receives what is certain now.</param>
    public void Read(int token, ICollection<Segment> segments)
    {
        bool reasons = _reader.InReasoning;
        // A token that ends the answer is no part of it.
        if (context.Options.IgnoreEndOfText || !context.Tokenizer.EndOfGeneration.Contains(token))
            _reader.Read(_text.Append(token), segments);
        if (reasons || _reader.InReasoning)
            ReasoningTokens++;
    }

    /// <summary>Ends the answer.</summary>
    /// <param name="segments">Receives what is left.</param>
    public void End(ICollection<Segment> segments)
    {
        _reader.Read(_text.Flush(), segments);
        _reader.End(segments);
    }

    /// <summary>A call with an id.</summary>
    public ToolCall Name(CallDraft call) => new(_ids.Next(call.Id), call.Name, call.Arguments);
}
