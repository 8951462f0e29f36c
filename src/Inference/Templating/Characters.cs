using System.Buffers;

namespace Inference.Templating;

/// <summary>Classes of characters as Python sees them.</summary>
internal static class Characters
{
    /// <summary>What Python's <c>str.isspace</c> and <c>\s</c> take for white space.</summary>
    public static readonly SearchValues<char> Spaces = SearchValues.Create(
        "\t\n\u000b\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000");

    public static bool IsSpace(char c) => Spaces.Contains(c);

    public static bool IsNameStart(char c) => c == '_' || char.IsLetter(c);

    public static bool IsNamePart(char c) => c == '_' || char.IsLetterOrDigit(c);

    public static int SkipSpaces(this string text, int from)
    {
        int length = text.AsSpan(from).IndexOfAnyExcept(Spaces);
        return length < 0 ? text.Length : from + length;
    }

    public static bool HasAt(this string text, int offset, string part) =>
        string.CompareOrdinal(text, offset, part, 0, part.Length) == 0;
}
