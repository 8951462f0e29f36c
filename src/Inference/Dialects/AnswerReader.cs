using System.Text;
using Inference.Tokenization;

namespace Inference.Dialects;

/// <summary>Cuts what a model says into segments, as it comes. What comes out does not depend on how the text is cut on its way in, but for where segments of one kind are cut.</summary>
/// <remarks>Not thread-safe. Text that may yet turn out to be a mark is held back.</remarks>
internal abstract class AnswerReader(MarkAlphabet alphabet)
{
    private readonly StringBuilder _blanks = new();

    /// <summary>What has come and is in no segment yet, but for white space that waits.</summary>
    protected HeldText Pending { get; } = new();

    /// <summary>Whether what comes now is reasoning, as far as is known.</summary>
    public abstract bool InReasoning { get; }

    /// <summary>Whether white space is dropped until something else comes.</summary>
    protected bool DropsBlanks { get; set; }

    /// <summary>Takes the next part of what the model says.</summary>
    /// <param name="text">As <see cref="SpokenText"/> gives it.</param>
    /// <param name="segments">Receives what is certain now.</param>
    public void Read(string text, ICollection<Segment> segments)
    {
        if (text.Length == 0)
            return;
        Pending.Append(text);
        Advance(segments, isEnd: false);
    }

    /// <summary>Ends the answer.</summary>
    public void End(ICollection<Segment> segments)
    {
        Advance(segments, isEnd: true);
        EndBlanks(segments);
    }

    /// <summary>Cuts what is pending as far as is certain.</summary>
    protected abstract void Advance(ICollection<Segment> segments, bool isEnd);

    /// <summary>Ends white space that waits, at the end of the answer.</summary>
    protected abstract void EndBlanks(ICollection<Segment> segments);

    /// <summary>Finds the first of some patterns in what is pending.</summary>
    /// <param name="patterns">None is empty.</param>
    /// <param name="from">Where to look from.</param>
    /// <param name="isEnd">Whether nothing more comes.</param>
    /// <param name="found">The pattern: of several at the same place the longest. Null where there is none, or none that is certain.</param>
    /// <returns>Where it is; where there is none, before which place none can be.</returns>
    protected int Find(IReadOnlyList<string> patterns, int from, bool isEnd, out string? found)
    {
        ReadOnlySpan<char> text = Pending.Span;
        found = null;
        int at = text.Length;
        foreach (string pattern in patterns)
        {
            int place = from + text[from..Math.Min(text.Length, at + pattern.Length)].IndexOf(pattern);
            if (place >= from && (place < at || (place == at && pattern.Length > found!.Length)))
                (at, found) = (place, pattern);
        }

        if (isEnd)
            return at;
        int open = at;
        foreach (string pattern in patterns)
        {
            // The earliest place where the text's end is the pattern's beginning, at which or before which no other counts yet.
            for (int place = Math.Max(from, text.Length - pattern.Length + 1); place < text.Length && (place < open || (place == at && pattern.Length > found?.Length)); place++)
            {
                if (!pattern.AsSpan().StartsWith(text[place..]))
                    continue;
                open = place;
                found = null;
                break;
            }
        }

        return found is null ? open : at;
    }

    /// <summary>Takes so much of what is pending as text of a kind. White space at its end waits for what follows where asked to.</summary>
    protected void Take(SegmentKind kind, int length, bool holdsBlanks, ICollection<Segment> segments)
    {
        if (length == 0)
            return;
        ReadOnlySpan<char> text = Pending.Take(length);
        if (DropsBlanks)
        {
            ReadOnlySpan<char> rest = text.TrimStart();
            Add(SegmentKind.Mark, text[..^rest.Length], segments);
            DropsBlanks = rest.IsEmpty;
            text = rest;
        }

        ReadOnlySpan<char> solid = holdsBlanks ? text.TrimEnd() : text;
        if (!solid.IsEmpty)
        {
            if (_blanks.Length > 0)
            {
                Add(kind, _blanks.Append(solid).ToString(), segments);
                _blanks.Clear();
            }
            else
            {
                Add(kind, solid, segments);
            }
        }

        _blanks.Append(text[solid.Length..]);
    }

    /// <summary>Takes a mark.</summary>
    protected void TakeMark(int length, ICollection<Segment> segments) => Add(SegmentKind.Mark, Pending.Take(length), segments);

    /// <summary>Takes calls; white space that waits before them belongs to their marks.</summary>
    protected void TakeCalls(int length, IReadOnlyList<CallDraft> calls, ICollection<Segment> segments)
    {
        ReleaseBlanks(SegmentKind.Mark, segments);
        segments.Add(new Segment(SegmentKind.Calls, alphabet.Spell(Pending.Take(length))) { Calls = calls });
    }

    /// <summary>Puts white space that waits into a segment.</summary>
    protected void ReleaseBlanks(SegmentKind kind, ICollection<Segment> segments)
    {
        if (_blanks.Length == 0)
            return;
        Add(kind, _blanks.ToString(), segments);
        _blanks.Clear();
    }

    /// <summary>Text with marks spelled out.</summary>
    protected string Spell(ReadOnlySpan<char> text) => alphabet.Spell(text);

    /// <summary>How many characters are so many when marks are spelled out.</summary>
    protected int EncodedLength(ReadOnlySpan<char> text, int spelledLength)
    {
        int length = 0;
        while (length < text.Length && spelledLength > 0)
            spelledLength -= alphabet.Spell(text.Slice(length++, 1)).Length;
        return length;
    }

    private void Add(SegmentKind kind, ReadOnlySpan<char> text, ICollection<Segment> segments)
    {
        if (!text.IsEmpty)
            segments.Add(new Segment(kind, alphabet.Spell(text)));
    }
}
