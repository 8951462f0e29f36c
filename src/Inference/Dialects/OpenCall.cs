namespace Inference.Dialects;

/// <summary>A call whose end has not been found yet.</summary>
internal sealed class OpenCall(CallMarks marks)
{
    private const int MostEnds = 8;

    private JsonExtent _extent;
    private int _ends;

    public CallMarks Marks { get; } = marks;

    /// <summary>What ends it, if not the answer's end.</summary>
    public string[] Ends { get; } = marks.Close is { } close ? [close] : marks.EndsWithNext ? [marks.Open] : [];

    /// <summary>How much of it has been looked through.</summary>
    public int Scanned { get; set; }

    /// <summary>Finds where JSON that stands without marks ends.</summary>
    /// <param name="text">All of it so far.</param>
    /// <returns>Its length, or -1.</returns>
    public int FindEnd(ReadOnlySpan<char> text)
    {
        while (Scanned < text.Length)
        {
            if (_extent.Advance(text[Scanned++]))
                return Scanned;
        }

        return -1;
    }

    /// <summary>Whether to look for another end after one that was none; not for ever, since each costs reading all of it.</summary>
    public bool TryAgain() => ++_ends < MostEnds;
}
