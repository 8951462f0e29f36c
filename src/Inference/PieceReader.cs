using Inference.Dialects;

namespace Inference;

/// <summary>Turns the tokens of an answer's stream into pieces.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class PieceReader(AnswerContext context)
{
    private readonly TokenReader _reader = new(context);
    private readonly List<Segment> _segments = [];
    private readonly List<ChatPiece> _pieces = [];
    private readonly List<GeneratedToken> _tokens = [];
    private TimeSpan _elapsed;

    /// <summary>Whether the last token has come.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Takes the next token.</summary>
    /// <returns>The pieces that are certain now; valid until the next call.</returns>
    public IReadOnlyList<ChatPiece> Read(in GeneratedToken token)
    {
        _elapsed = token.Elapsed;
        if (context.Options.LogProbabilities is not null)
            _tokens.Add(token);
        _reader.Read(token.Id, _segments);
        return token.FinishReason is { } reason ? End(reason) : Collect();
    }

    /// <summary>Ends the answer.</summary>
    /// <returns>What was held back; the last piece says why it ended.</returns>
    public IReadOnlyList<ChatPiece> End(FinishReason reason)
    {
        HasEnded = true;
        bool inReasoning = _reader.InReasoning;
        _reader.End(_segments);
        Collect();
        if (_pieces.Count == 0)
            Add(new ChatPiece(inReasoning ? ChatPieceKind.Reasoning : ChatPieceKind.Answer, ""));
        _pieces[^1] = _pieces[^1] with { FinishReason = reason };
        return _pieces;
    }

    private List<ChatPiece> Collect()
    {
        _pieces.Clear();
        foreach (Segment segment in _segments)
        {
            if (segment.Kind is SegmentKind.Answer or SegmentKind.Reasoning)
                Add(new ChatPiece(segment.Kind == SegmentKind.Answer ? ChatPieceKind.Answer : ChatPieceKind.Reasoning, segment.Text));
            foreach (CallDraft call in segment.Calls)
                Add(new ChatPiece(ChatPieceKind.ToolCall, "") { ToolCall = _reader.Name(call) });
        }

        _segments.Clear();
        return _pieces;
    }

    private void Add(ChatPiece piece)
    {
        _pieces.Add(piece with { Elapsed = _elapsed, Tokens = _tokens.Count > 0 ? [.. _tokens] : [] });
        _tokens.Clear();
    }
}
