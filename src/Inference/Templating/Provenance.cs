namespace Inference.Templating;

/// <summary>
/// Which characters of a text the template itself spells; the others come from its variables. Only the former may become
/// tokens that mean something to the model. What loses track loses it in that direction: those characters count as the variables'.
/// </summary>
internal readonly struct Provenance
{
    private static readonly int[] _wholeOfOne = [0, 1];

    /// <summary>The places where it changes, ascending, the first where the template's own characters begin; null where there are none.</summary>
    private readonly int[]? _borders;

    public Provenance(int[]? borders) => _borders = borders is { Length: > 0 } ? borders : null;

    /// <summary>The places where it changes, ascending: own characters lie between the first and the second, the third and the fourth, ...</summary>
    public ReadOnlySpan<int> Borders => _borders;

    public bool IsNone => _borders is null;

    public static Provenance Whole(int length) => length switch
    {
        0 => default,
        // Templates that walk over characters make many of these.
        1 => new(_wholeOfOne),
        _ => new([0, length]),
    };

    public bool IsWhole(int length) => length == 0 || (_borders is [0, int end] && end == length);

    /// <summary>That of the part between two places.</summary>
    public Provenance Slice(int start, int end)
    {
        if (_borders is null || start == end)
            return default;
        if (_borders is [var from, var to])
            return from <= start && to >= end ? Whole(end - start) : from >= end || to <= start ? default : new([Math.Max(from, start) - start, Math.Min(to, end) - start]);
        // The first pair that does not end before the part.
        int first = Array.BinarySearch(_borders, start);
        first = (first < 0 ? ~first : first) & ~1;
        var borders = new List<int>();
        for (int i = first; i < _borders.Length && _borders[i] < end; i += 2)
        {
            if (_borders[i + 1] <= start)
                continue;
            borders.Add(Math.Max(_borders[i], start) - start);
            borders.Add(Math.Min(_borders[i + 1], end) - start);
        }
        return new([.. borders]);
    }
}
