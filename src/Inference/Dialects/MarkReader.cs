namespace Inference.Dialects;

/// <summary>Reads answers in which marks enclose reasoning and calls, and the rest is the answer.</summary>
/// <remarks>
/// <para>A mark that the model has a token for counts wherever that stands. One that is spelled out opens a reasoning only before anything is
/// answered, since an answer may well speak of it. White space next to marks is theirs.</para>
/// <para>What a call's marks enclose is held back until it can be read. If it cannot, the mark is text, and what follows is looked at anew.</para>
/// </remarks>
internal sealed class MarkReader : AnswerReader
{
    /// <summary>How much of a JSON answer to look at for its first key, token by token.</summary>
    private const int FirstKey = 64;

    private readonly MarkPatterns _patterns;
    private readonly ToolCatalog _tools;
    private ReasoningMarks? _reasoning;
    private OpenCall? _call;
    private string? _answerClose;
    private bool _begins = true;
    private bool _called;

    /// <param name="dialect">The model's.</param>
    /// <param name="beginning">How the prompt begins the answer.</param>
    /// <param name="tools">The tools that may be called.</param>
    public MarkReader(Dialect dialect, AnswerBeginning beginning, ToolCatalog tools)
        : base(dialect.Alphabet)
    {
        _patterns = new MarkPatterns(dialect, !tools.IsEmpty);
        _tools = tools;
        _reasoning = beginning.Reasoning;
        DropsBlanks = beginning.Reasoned || _reasoning is not null;
    }

    public override bool InReasoning => _reasoning is not null;

    protected override void Advance(ICollection<Segment> segments, bool isEnd)
    {
        while (_reasoning is { } marks ? Reason(marks, segments, isEnd) : _call is { } call ? Call(call, segments, isEnd) : _begins ? Begin(segments, isEnd) : Answer(segments, isEnd))
        {
        }
    }

    protected override void EndBlanks(ICollection<Segment> segments) => ReleaseBlanks(InReasoning ? SegmentKind.Mark : SegmentKind.Answer, segments);

    private bool Reason(ReasoningMarks marks, ICollection<Segment> segments, bool isEnd)
    {
        int at = Find([marks.Close, .. _patterns.EndsOfReasoning], 0, isEnd, out string? found);
        Take(SegmentKind.Reasoning, at, holdsBlanks: true, segments);
        if (found is null)
            return false;
        ReleaseBlanks(SegmentKind.Mark, segments);
        _reasoning = null;
        if (found == marks.Close)
            TakeMark(found.Length, segments);
        AfterMark();
        return true;
    }

    /// <summary>Looks at the first text of an answer, or the first after a mark: those that are spelled out count here.</summary>
    private bool Begin(ICollection<Segment> segments, bool isEnd)
    {
        ReadOnlySpan<char> text = Pending.Span;
        Take(SegmentKind.Answer, text.Length - text.TrimStart().Length, holdsBlanks: true, segments);
        text = Pending.Span;
        if (text.IsEmpty)
            return false;

        string? longest = null;
        foreach (string pattern in _patterns.AtBeginning(_called))
        {
            if (!isEnd && text.Length < pattern.Length && pattern.AsSpan().StartsWith(text))
                return false;
            if (text.StartsWith(pattern) && pattern.Length > (longest?.Length ?? 0))
                longest = pattern;
        }

        _begins = false;
        if (longest is not null)
            Open(longest, segments);
        return true;
    }

    private bool Answer(ICollection<Segment> segments, bool isEnd)
    {
        IReadOnlyList<string> patterns = _answerClose is null ? _patterns.Anywhere : [.. _patterns.Anywhere, _answerClose];
        int at = Find(patterns, 0, isEnd, out string? found);
        Take(SegmentKind.Answer, at, holdsBlanks: patterns.Count > 0, segments);
        if (found is null)
            return false;
        Open(found, segments);
        return true;
    }

    private void Open(string mark, ICollection<Segment> segments)
    {
        _call = _patterns.Call(mark) is { } marks ? new OpenCall(marks) : null;
        if (_call is not null)
            return;
        ReleaseBlanks(SegmentKind.Mark, segments);
        TakeMark(mark.Length, segments);
        _reasoning = _patterns.Reasoning(mark);
        _answerClose = _patterns.AnswerClose(mark);
        AfterMark();
    }

    private bool Call(OpenCall call, ICollection<Segment> segments, bool isEnd)
    {
        int length = call.Marks.Open.Length;
        int at;
        string? end = null;
        if (call.Marks.IsBare)
        {
            at = call.FindEnd(Pending.Span);
            bool isOver = at >= 0 || isEnd || !BareCalls.IsPossible(Spell(Pending.Span[length..Math.Min(Pending.Length, FirstKey)]));
            at = at < 0 ? Pending.Length : at;
            if (!isOver)
                return false;
        }
        else
        {
            at = Find(call.Ends, Math.Max(length, call.Scanned), isEnd, out end);
            call.Scanned = at;
            if (end is null && !isEnd)
                return false;
        }

        string text = Spell(Pending.Span[length..at]);
        CallReading reading = call.Marks.Shape(text, _tools);
        bool isWhole = reading.Status == CallStatus.Read && text.AsSpan(reading.Length).IsWhiteSpace();
        if (isWhole || (reading.Status == CallStatus.Read && call.Marks.Close is null))
        {
            int taken = isWhole ? at : length + EncodedLength(Pending.Span[length..at], reading.Length);
            TakeCalls(taken + (call.Marks.Close is null ? 0 : end?.Length ?? 0), reading.Calls, segments);
            _call = null;
            _called = true;
            AfterMark();
            return true;
        }

        // The closing mark may be spelled in one of the call's own strings.
        if (reading.Status == CallStatus.Incomplete && end is not null && call.Marks.Close is not null && call.TryAgain())
        {
            call.Scanned = at + end.Length;
            return true;
        }

        Take(SegmentKind.Answer, length, holdsBlanks: false, segments);
        _call = null;
        _patterns.CountMalformed();
        return true;
    }

    private void AfterMark()
    {
        DropsBlanks = true;
        _begins = true;
    }
}
