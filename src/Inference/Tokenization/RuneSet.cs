using System.Globalization;

namespace Inference.Tokenization;

/// <summary>A set of characters, by general category and by ranges of code points. Immutable.</summary>
/// <param name="Contains">Whether a code point of a category is in it.</param>
/// <param name="Borders">Where membership may change for another reason than the category: first code points of stretches.</param>
internal sealed record RuneSet(Func<int, UnicodeCategory, bool> Contains, IReadOnlyList<int> Borders)
{
    // In the order of UnicodeCategory.
    private static readonly string[] _names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
        "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>Unicode property White_Space.</summary>
    public static readonly RuneSet Space = Union(
        Range(0x09, 0x0D), Range(0x20, 0x20), Range(0x85, 0x85), Range(0xA0, 0xA0), Range(0x1680, 0x1680), Range(0x2000, 0x200A),
        Range(0x2028, 0x2029), Range(0x202F, 0x202F), Range(0x205F, 0x205F), Range(0x3000, 0x3000));

    /// <summary>What patterns call a word character: letters, marks, decimal digits, connectors.</summary>
    public static readonly RuneSet Word = Category("L").Or(Category("M")).Or(Category("Nd")).Or(Category("Pc"));

    /// <summary>Unicode property Script=Han.</summary>
    public static readonly RuneSet Han = Union(
        Range(0x2E80, 0x2E99), Range(0x2E9B, 0x2EF3), Range(0x2F00, 0x2FD5), Range(0x3005, 0x3005), Range(0x3007, 0x3007), Range(0x3021, 0x3029),
        Range(0x3038, 0x303B), Range(0x3400, 0x4DBF), Range(0x4E00, 0x9FFF), Range(0xF900, 0xFA6D), Range(0xFA70, 0xFAD9), Range(0x16FE2, 0x16FE3),
        Range(0x16FF0, 0x16FF6), Range(0x20000, 0x2A6DF), Range(0x2A700, 0x2EE5D), Range(0x2F800, 0x2FA1D), Range(0x30000, 0x323AF));

    /// <summary>The code points from one to another, both included.</summary>
    public static RuneSet Range(int first, int last) => new((rune, _) => rune >= first && rune <= last, [first, last + 1]);

    /// <summary>One character.</summary>
    public static RuneSet One(int rune) => Range(rune, rune);

    /// <summary>The characters of a general category or, by one letter, of a group of them; null where there is none of the name.</summary>
    public static RuneSet? FindCategory(string name)
    {
        int mask = 0;
        for (int i = 0; i < _names.Length; i++)
        {
            if (_names[i] == name || (name.Length == 1 && _names[i][0] == name[0]))
                mask |= 1 << i;
        }

        return mask == 0 ? null : new RuneSet((_, category) => (mask >> (int)category & 1) != 0, []);
    }

    /// <summary>What is in either.</summary>
    public RuneSet Or(RuneSet other) => new((rune, category) => Contains(rune, category) || other.Contains(rune, category), [.. Borders, .. other.Borders]);

    /// <summary>What is in both.</summary>
    public RuneSet And(RuneSet other) => new((rune, category) => Contains(rune, category) && other.Contains(rune, category), [.. Borders, .. other.Borders]);

    /// <summary>What is not in it.</summary>
    public RuneSet Not() => new((rune, category) => !Contains(rune, category), Borders);

    /// <summary>What is in any of several.</summary>
    public static RuneSet Union(params ReadOnlySpan<RuneSet> sets)
    {
        RuneSet[] all = [.. sets];
        return new((rune, category) => Array.Exists(all, set => set.Contains(rune, category)), [.. all.SelectMany(set => set.Borders)]);
    }

    private static RuneSet Category(string name) => FindCategory(name)!;
}
