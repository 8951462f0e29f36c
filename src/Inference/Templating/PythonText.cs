using System.Buffers;
using System.Globalization;
using System.Text;

namespace Inference.Templating;

/// <summary>Strings as Python has them: sequences of code points, although stored as UTF-16.</summary>
internal static class PythonText
{
    private static readonly SearchValues<char> _expanding = SearchValues.Create("\u00df\u0149\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06");

    public static bool HasSurrogates(string text) => text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') >= 0;

    public static int Length(ReadOnlySpan<char> text)
    {
        int pairs = 0;
        for (int i = text.IndexOfAnyInRange('\ud800', '\udbff'); i >= 0 && i + 1 < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && char.IsLowSurrogate(text[i + 1]))
            {
                pairs++;
                i++;
            }
        }
        return text.Length - pairs;
    }

    /// <summary>The code points as strings of their own; a lone surrogate is one too.</summary>
    public static IEnumerable<string> Elements(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            yield return text.Substring(i, pair ? 2 : 1);
            if (pair)
                i++;
        }
    }

    /// <summary>The place in the string of the code point with that number, from 0 to the length included.</summary>
    public static int Offset(string text, int codePoint)
    {
        if (!HasSurrogates(text))
            return Math.Min(codePoint, text.Length);
        int offset = 0;
        for (; codePoint > 0 && offset < text.Length; codePoint--)
            offset += char.IsSurrogatePair(text, offset) ? 2 : 1;
        return offset;
    }

    /// <summary>The order by code points, which UTF-16 keeps but for surrogates.</summary>
    public static int Compare(string left, string right)
    {
        int shared = left.AsSpan().CommonPrefixLength(right);
        if (shared == left.Length || shared == right.Length)
            return left.Length.CompareTo(right.Length);
        return Rank(left[shared]).CompareTo(Rank(right[shared]));
    }

    public static string Upper(string text) => Expand(text).ToUpperInvariant();

    public static string Lower(string text)
    {
        string lower = text.ToLowerInvariant();
        if (text.Contains('\u03a3', StringComparison.Ordinal))
            lower = EndWordsInSigma(text, lower);
        return lower.Contains('\u0130', StringComparison.Ordinal) ? lower.Replace("\u0130", "i\u0307", StringComparison.Ordinal) : lower;
    }

    public static string Capitalize(string text)
    {
        int first = Offset(text, 1);
        return Upper(text[..first]) + Lower(text[first..]);
    }

    /// <summary>Upper case for the first letter of each run of letters.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        bool inWord = false;
        foreach (string element in Elements(text))
        {
            result.Append(inWord ? Lower(element) : Upper(element));
            inWord = IsCased(element);
        }
        return result.ToString();
    }

    public static string SwapCase(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (string element in Elements(text))
            result.Append(IsUpper(element) ? Lower(element) : Upper(element));
        return result.ToString();
    }

    public static bool IsUpper(string element) => Category(element) is UnicodeCategory.UppercaseLetter;

    public static bool IsCased(string element) =>
        Category(element) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    public static UnicodeCategory Category(string element) =>
        Rune.TryGetRuneAt(element, 0, out Rune rune) ? Rune.GetUnicodeCategory(rune) : UnicodeCategory.Surrogate;

    /// <summary>Strips the given characters, or white space, from the chosen ends.</summary>
    public static string Strip(string text, string? characters, bool atStart, bool atEnd)
    {
        (int start, int end) = StripPlaces(text, characters, atStart, atEnd);
        return text[start..end];
    }

    /// <summary>What <see cref="Strip"/> leaves, as places.</summary>
    public static (int Start, int End) StripPlaces(string text, string? characters, bool atStart, bool atEnd)
    {
        int start = 0;
        int end = text.Length;
        while (atStart && start < end && Strips(text[start], characters))
            start++;
        while (atEnd && end > start && Strips(text[end - 1], characters))
            end--;
        return (start, end);
    }

    private static bool Strips(char c, string? characters) =>
        characters is null ? Characters.IsSpace(c) : characters.Contains(c, StringComparison.Ordinal);

    /// <summary>Gives the sigmas that end a word their own form.</summary>
    private static string EndWordsInSigma(string text, string lower)
    {
        char[] result = lower.ToCharArray();
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == '\u03a3' && char.IsLetter(text[i - 1]) && (i + 1 == text.Length || !char.IsLetter(text[i + 1])))
                result[i] = '\u03c2';
        }
        return new string(result);
    }

    private static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;

    /// <summary>The characters whose upper case is longer than they are.</summary>
    private static string Expand(string text)
    {
        if (text.AsSpan().IndexOfAny(_expanding) < 0)
            return text;
        var result = new StringBuilder(text);
        return result.Replace("\u00df", "SS").Replace("\u0149", "\u02bcN").Replace("\ufb00", "FF").Replace("\ufb01", "FI").Replace("\ufb02", "FL")
            .Replace("\ufb03", "FFI").Replace("\ufb04", "FFL").Replace("\ufb05", "ST").Replace("\ufb06", "ST").ToString();
    }
}
