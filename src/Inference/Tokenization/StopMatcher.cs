namespace Inference.Tokenization;

/// <summary>Looks for stop sequences in a text that comes character by character.</summary>
/// <remarks>
/// Knuth, Morris and Pratt (1977), once for each sequence: constant time for each character, amortised. What is found does
/// not depend on how the text is cut: the match that starts first, and of several that start there the one complete first.
/// </remarks>
internal sealed class StopMatcher
{
    private readonly string[] _stops;
    private readonly int[][] _borders;
    private readonly int[] _matched;
    private long _position;
    private long _foundStart = long.MaxValue;

    /// <summary>Creates a matcher at the start of a text.</summary>
    /// <param name="stops">What to look for.</param>
    /// <exception cref="ArgumentException">One is empty, or is not well-formed UTF-16.</exception>
    public StopMatcher(IReadOnlyList<string> stops)
    {
        _stops = [.. stops];
        foreach (string stop in _stops)
        {
            if (string.IsNullOrEmpty(stop))
                throw new ArgumentException("A stop sequence is empty.", nameof(stops));
            if (!IsWellFormed(stop))
                throw new ArgumentException("A stop sequence has an unpaired surrogate, which no text has.", nameof(stops));
        }

        _borders = Array.ConvertAll(_stops, Borders);
        _matched = new int[_stops.Length];
    }

    /// <summary>The match that starts first so far, or null.</summary>
    public string? Found { get; private set; }

    /// <summary>How many of the last characters belong to the match, or may be the start of one.</summary>
    public int Pending { get; private set; }

    /// <summary>How many characters there are from the start of the match on.</summary>
    public int SinceFound => (int)(_position - _foundStart);

    /// <summary>Takes the next character.</summary>
    /// <returns>Whether a match is found that no other can come before; nothing more is to be taken then.</returns>
    public bool Advance(char next)
    {
        _position++;
        int longest = 0;
        for (int i = 0; i < _stops.Length; i++)
        {
            string stop = _stops[i];
            int matched = _matched[i];
            while (matched > 0 && stop[matched] != next)
                matched = _borders[i][matched - 1];
            if (stop[matched] == next)
                matched++;
            if (matched == stop.Length)
            {
                if (_position - matched < _foundStart)
                {
                    _foundStart = _position - matched;
                    Found = stop;
                }

                matched = _borders[i][matched - 1];
            }

            _matched[i] = matched;
            longest = Math.Max(longest, matched);
        }

        long first = Math.Min(_position - longest, _foundStart);
        Pending = (int)(_position - first);
        return first == _foundStart;
    }

    /// <summary>For each prefix of a stop sequence, the length of the longest shorter prefix that it ends with.</summary>
    private static int[] Borders(string stop)
    {
        int[] borders = new int[stop.Length];
        int matched = 0;
        for (int i = 1; i < stop.Length; i++)
        {
            while (matched > 0 && stop[matched] != stop[i])
                matched = borders[matched - 1];
            if (stop[matched] == stop[i])
                matched++;
            borders[i] = matched;
        }

        return borders;
    }

    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }
}
