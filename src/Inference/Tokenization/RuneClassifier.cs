using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Classes characters by the sets of a pattern: characters of one class are in the same sets. Safe for many threads.</summary>
internal sealed class RuneClassifier
{
    private const int MaxClasses = 250;
    private const int PageSize = 256;
    private const int Categories = (int)UnicodeCategory.OtherNotAssigned + 1;

    private readonly int[] _starts;
    private readonly byte[] _classes;
    private readonly byte[] _ascii = new byte[128];
    private readonly List<bool[]> _members = [];

    // Filled as text needs them; threads may race to fill one, with equal contents.
    private readonly byte[]?[] _pages = new byte[]?[0x110000 / PageSize];

    private RuneClassifier(IReadOnlyList<RuneSet> sets)
    {
        _starts = [.. sets.SelectMany(set => set.Borders).Append(0).Where(border => border is >= 0 and < 0x110000).Distinct().Order()];
        _classes = new byte[_starts.Length * Categories];
        Dictionary<string, int> known = [];
        for (int i = 0; i < _starts.Length; i++)
        {
            int end = i + 1 < _starts.Length ? _starts[i + 1] : 0x110000;
            foreach (int category in CategoriesIn(_starts[i], end))
            {
                bool[] members = [.. sets.Select(set => set.Contains(_starts[i], (UnicodeCategory)category))];
                string key = string.Concat(members.Select(member => member ? '1' : '0'));
                if (!known.TryGetValue(key, out int found))
                {
                    known[key] = found = _members.Count;
                    _members.Add(members);
                }

                _classes[(i * Categories) + category] = (byte)Math.Min(found, byte.MaxValue);
            }
        }

        for (int i = 0; i < _ascii.Length; i++)
            _ascii[i] = Find(i);
    }

    /// <summary>How many classes there are.</summary>
    public int Count => _members.Count;

    /// <summary>The classes of ASCII.</summary>
    public ReadOnlySpan<byte> Ascii => _ascii;

    /// <summary>Makes the classes of some sets; null where there are too many.</summary>
    public static RuneClassifier? TryCreate(IReadOnlyList<RuneSet> sets)
    {
        var classifier = new RuneClassifier(sets);
        return classifier.Count <= MaxClasses ? classifier : null;
    }

    /// <summary>Whether the characters of a class are in a set.</summary>
    public bool IsIn(int runeClass, int set) => _members[runeClass][set];

    /// <summary>The class of the character that a text starts with; bytes that are no UTF-8 are classed as U+FFFD.</summary>
    /// <param name="text">Not empty.</param>
    /// <param name="length">How many bytes the character has.</param>
    public int Of(ReadOnlySpan<byte> text, out int length)
    {
        Rune.DecodeFromUtf8(text, out Rune rune, out length);
        byte[] page = _pages[rune.Value / PageSize] ??= MakePage(rune.Value / PageSize * PageSize);
        return page[rune.Value % PageSize];
    }

    private byte[] MakePage(int first)
    {
        byte[] page = new byte[PageSize];
        for (int i = 0; i < page.Length; i++)
            page[i] = Find(first + i);
        return page;
    }

    private byte Find(int rune)
    {
        int interval = Array.BinarySearch(_starts, rune);
        return _classes[((interval < 0 ? ~interval - 1 : interval) * Categories) + (int)CharUnicodeInfo.GetUnicodeCategory(rune)];
    }

    // Of a long stretch any category is taken to be there: more classes than needed do no harm.
    private static IEnumerable<int> CategoriesIn(int start, int end)
        => end - start > PageSize
            ? Enumerable.Range(0, Categories)
            : Enumerable.Range(start, end - start).Select(rune => (int)CharUnicodeInfo.GetUnicodeCategory(rune)).Distinct();
}
