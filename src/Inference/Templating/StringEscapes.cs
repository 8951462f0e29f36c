using System.Globalization;
using System.Text;

namespace Inference.Templating;

/// <summary>Escapes in string literals, as Python writes them.</summary>
internal static class StringEscapes
{
    /// <summary>The text that a literal's inside stands for, or null where an escape is malformed.</summary>
    public static string? Decode(ReadOnlySpan<char> literal)
    {
        if (!literal.Contains('\\'))
            return literal.ToString();
        var text = new StringBuilder(literal.Length);
        for (int i = 0; i < literal.Length; i++)
        {
            if (literal[i] != '\\')
            {
                text.Append(literal[i]);
                continue;
            }
            char kind = literal[++i];
            int digits = kind switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                if (i + digits >= literal.Length || !AppendHex(text, literal.Slice(i + 1, digits)))
                    return null;
                i += digits;
            }
            else if (kind is >= '0' and <= '7')
            {
                int value = 0;
                int end = Math.Min(i + 3, literal.Length);
                for (; i < end && literal[i] is >= '0' and <= '7'; i++)
                    value = value * 8 + (literal[i] - '0');
                i--;
                text.Append((char)value);
            }
            else if (kind == 'N')
                return null;
            else
                AppendSimple(text, kind);
        }
        return text.ToString();
    }

    private static void AppendSimple(StringBuilder text, char kind)
    {
        switch (kind)
        {
            case '\n': break;
            case 'n': text.Append('\n'); break;
            case 't': text.Append('\t'); break;
            case 'r': text.Append('\r'); break;
            case 'a': text.Append('\a'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'v': text.Append('\v'); break;
            case '\\' or '\'' or '"': text.Append(kind); break;
            default: text.Append('\\').Append(kind); break;
        }
    }

    private static bool AppendHex(StringBuilder text, ReadOnlySpan<char> digits)
    {
        if (!uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value) || value > 0x10FFFF)
            return false;
        if (value <= 0xFFFF)
            text.Append((char)value);
        else
            text.Append(new Rune(value).ToString());
        return true;
    }
}
