using System.Text.RegularExpressions;

namespace Inference.Dialects;

/// <summary>Reads answers in the Harmony format: messages in channels, each with a header.</summary>
internal sealed partial class ChannelReader : AnswerReader
{
    /// <summary>The longest header; what has no message mark by then is no header.</summary>
    private const int MostHeader = 256;

    private static readonly string[] _interpreters = ["python", "ipython", "code_interpreter"];

    private readonly ToolCatalog _tools;
    private readonly string _start, _channel, _message;
    private readonly string[] _ends;
    private readonly string[] _beginnings;
    private State _state = State.Outside;
    private string _header = "";
    private SegmentKind _kind = SegmentKind.Answer;
    private string? _callee;
    private int _scanned;

    /// <param name="alphabet">Spells marks.</param>
    /// <param name="begun">What the prompt holds of the answer's first message after its start mark, encoded.</param>
    /// <param name="tools">The tools that may be called.</param>
    public ChannelReader(MarkAlphabet alphabet, string begun, ToolCatalog tools)
        : base(alphabet)
    {
        _tools = tools;
        string[] marks = [.. Families.Harmony.Select(alphabet.Encode)];
        (_start, _channel, _message) = (marks[0], marks[1], marks[2]);
        _ends = [_start, _channel, .. marks[4..]];
        _beginnings = [_start, _channel, _message, "to=", .. marks[4..]];
        int message = begun.LastIndexOf(_message, StringComparison.Ordinal);
        if (message >= 0)
            BeginMessage(begun[..message]);
        else if (begun.Contains(_channel, StringComparison.Ordinal))
            (_state, _header) = (State.Header, begun);
    }

    private enum State
    {
        /// <summary>Before or between messages.</summary>
        Outside,

        /// <summary>In the header of a message.</summary>
        Header,

        /// <summary>In a message.</summary>
        Message,
    }

    public override bool InReasoning => _state == State.Message && _kind == SegmentKind.Reasoning;

    protected override void Advance(ICollection<Segment> segments, bool isEnd)
    {
        while (_state switch { State.Outside => Begin(segments, isEnd), State.Header => Head(segments, isEnd), _ => Say(segments, isEnd) })
        {
        }
    }

    protected override void EndBlanks(ICollection<Segment> segments) => ReleaseBlanks(_kind == SegmentKind.Answer ? SegmentKind.Answer : SegmentKind.Mark, segments);

    private bool Begin(ICollection<Segment> segments, bool isEnd)
    {
        ReadOnlySpan<char> text = Pending.Span;
        DropsBlanks = true;
        Take(SegmentKind.Mark, text.Length - text.TrimStart().Length, holdsBlanks: false, segments);
        text = Pending.Span;
        if (text.IsEmpty)
            return false;
        foreach (string beginning in _beginnings)
        {
            if (!isEnd && text.Length < beginning.Length && beginning.AsSpan().StartsWith(text))
                return false;
        }

        string? mark = null;
        foreach (string beginning in _beginnings)
        {
            if (text.StartsWith(beginning))
                mark = beginning;
        }

        if (mark is null)
        {
            // No header at all: an answer.
            BeginMessage("");
            return true;
        }

        if (Array.IndexOf(_ends, mark) is >= 2)
        {
            TakeMark(mark.Length, segments);
            return true;
        }

        _header = "";
        _state = State.Header;
        return true;
    }

    private bool Head(ICollection<Segment> segments, bool isEnd)
    {
        int at = Find([_message], _scanned, isEnd, out string? found);
        _scanned = at;
        if (at > MostHeader)
        {
            // No header after all: its mark is text, and what follows is looked at anew.
            string? mark = Array.Find(_ends[..2], Starts);
            DropsBlanks = false;
            Take(SegmentKind.Answer, mark?.Length ?? 0, holdsBlanks: false, segments);
            BeginMessage("");
            return true;
        }

        if (found is null)
        {
            // A header that the end cuts off says nothing.
            if (isEnd)
                TakeMark(Pending.Length, segments);
            return false;
        }

        string header = _header + Pending.Span[..at].ToString();
        TakeMark(at + found.Length, segments);
        BeginMessage(header);
        return true;
    }

    private bool Starts(string mark) => Pending.Span.StartsWith(mark);

    private bool Say(ICollection<Segment> segments, bool isEnd)
    {
        int at = Find(_ends, _scanned, isEnd, out string? found);
        if (_callee is null)
        {
            Take(_kind, at, holdsBlanks: _kind == SegmentKind.Reasoning, segments);
        }
        else
        {
            _scanned = at;
            if (found is null && !isEnd)
                return false;
            string text = Spell(Pending.Span[..at]);
            if (Arguments(_callee, text) is { } arguments)
                TakeCalls(at, [new CallDraft(null, _callee, arguments)], segments);
            else
                Take(SegmentKind.Answer, at, holdsBlanks: false, segments);
            _callee = null;
        }

        if (found is null)
            return false;
        _scanned = 0;
        ReleaseBlanks(SegmentKind.Mark, segments);
        _state = State.Outside;
        return true;
    }

    private void BeginMessage(string header)
    {
        header = Spell(header);
        bool thinks = ChannelName().Match(header).Groups["name"].Value == "analysis";
        string recipient = Recipient().Match(header).Groups["name"].Value;
        bool isFunction = recipient.StartsWith("functions.", StringComparison.Ordinal);
        string callee = isFunction ? recipient["functions.".Length..] : recipient;
        _callee = !_tools.IsEmpty && callee.Length > 0 && (isFunction || _tools.Has(callee)) ? callee : null;
        _kind = thinks && _callee is null ? SegmentKind.Reasoning : SegmentKind.Answer;
        _state = State.Message;
        _scanned = 0;
        DropsBlanks = thinks;
    }

    private string? Arguments(string callee, string text) =>
        JsonCalls.Arguments(text) ?? (Array.IndexOf(_interpreters, callee) >= 0 ? JsonText.Object([new("code", JsonText.Quote(text))]) : null);

    [GeneratedRegex(@"<\|channel\|>\s*(?<name>\w+)", RegexOptions.ExplicitCapture | RegexOptions.RightToLeft)]
    private static partial Regex ChannelName();

    [GeneratedRegex(@"\bto=(?<name>[^\s<]+)", RegexOptions.ExplicitCapture | RegexOptions.RightToLeft)]
    private static partial Regex Recipient();
}
