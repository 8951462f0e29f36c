using System.Globalization;
using System.Text;

namespace Inference.Dialects;

/// <summary>Reads calls and literals as programming languages write them, and turns the literals into JSON. Every Try method fails by returning false; where it then stands does not matter.</summary>
/// <remarks>Two notations: Python's, and that of Gemma 4, in which strings stand between quotation marks of their own and keys may stand bare.</remarks>
internal ref struct LiteralReader(string text, string quote = "")
{
    private const int MostDepth = 64;

    private int _at;
    private int _depth;

    /// <summary>How far it has read.</summary>
    public readonly int Position => _at;

    public readonly bool AtEnd => _at >= text.Length;

    public void SkipBlanks()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            _at++;
    }

    /// <summary>Takes a text if it is what comes next, after white space.</summary>
    public bool Take(string expected)
    {
        SkipBlanks();
        if (string.CompareOrdinal(text, _at, expected, 0, expected.Length) != 0)
            return false;
        _at += expected.Length;
        return true;
    }

    /// <summary>A name: letters, digits, and _ . -</summary>
    public bool TryName(out string name)
    {
        SkipBlanks();
        int start = _at;
        while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] is '_' or '.' or '-'))
            _at++;
        name = text[start.._at];
        return name.Length > 0;
    }

    /// <summary>Members up to a closing mark: names or strings, a separator, values.</summary>
    /// <param name="separator">Between name and value: "=" or ":".</param>
    /// <param name="close">Ends them, and is taken.</param>
    /// <param name="json">The JSON object.</param>
    public bool TryMembers(string separator, string close, out string json)
    {
        json = "";
        var members = new List<KeyValuePair<string, string>>();
        while (!Take(close))
        {
            if (members.Count > 0 && !Take(","))
                return false;
            if (members.Count > 0 && Take(close))
                break;
            if (!TryString(out string name) && !TryName(out name))
                return false;
            if (!Take(separator) || !TryValue(out string value))
                return false;
            members.Add(new(name, value));
        }

        json = JsonText.Object(members);
        return true;
    }

    /// <summary>A literal, as JSON.</summary>
    public bool TryValue(out string json)
    {
        json = "";
        if (_depth >= MostDepth)
            return false;
        _depth++;
        bool good = TryString(out string characters) ? Set(JsonText.Quote(characters), out json)
            : Take("{") ? TryMembers(":", "}", out json)
            : Take("[") ? TryItems("]", out json)
            : Take("(") ? TryItems(")", out json)
            : TryWord(out json);
        _depth--;
        return good;
    }

    private bool TryItems(string close, out string json)
    {
        json = "";
        var items = new StringBuilder("[");
        while (!Take(close))
        {
            if (items.Length > 1 && !Take(","))
                return false;
            if (items.Length > 1 && Take(close))
                break;
            if (!TryValue(out string value))
                return false;
            items.Append(items.Length > 1 ? ", " : "").Append(value);
        }

        json = items.Append(']').ToString();
        return true;
    }

    private bool TryWord(out string json)
    {
        json = "";
        SkipBlanks();
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '+' or '-' or '.' or '_'))
            _at++;
        ReadOnlySpan<char> word = text.AsSpan(start, _at - start);
        switch (word)
        {
            case "True" or "true":
                return Set("true", out json);
            case "False" or "false":
                return Set("false", out json);
            case "None" or "null":
                return Set("null", out json);
            default:
                break;
        }

        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            return Set(whole.ToString(CultureInfo.InvariantCulture), out json);
        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            && Set(number.ToString("R", CultureInfo.InvariantCulture), out json);
    }

    private bool TryString(out string value)
    {
        value = "";
        SkipBlanks();
        if (quote.Length > 0 && Take(quote))
        {
            int end = text.IndexOf(quote, _at, StringComparison.Ordinal);
            if (end < 0)
                return false;
            value = text[_at..end];
            _at = end + quote.Length;
            return true;
        }

        if (AtEnd || text[_at] is not ('"' or '\''))
            return false;
        char mark = text[_at++];
        var characters = new StringBuilder();
        for (; _at < text.Length && text[_at] != mark; _at++)
        {
            if (text[_at] != '\\')
                characters.Append(text[_at]);
            else if (++_at >= text.Length || !TryEscape(characters))
                return false;
        }

        value = characters.ToString();
        return _at++ < text.Length;
    }

    private bool TryEscape(StringBuilder characters)
    {
        char escape = text[_at];
        int digits = escape switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            characters.Append(escape switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', _ => escape });
            return true;
        }

        if (_at + digits >= text.Length || !int.TryParse(text.AsSpan(_at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
            return false;
        _at += digits;
        if ((uint)code > 0x10FFFF)
            return false;
        // Python's \u may write halves of pairs one by one.
        characters.Append(code is >= 0xD800 and <= 0xDFFF ? ((char)code).ToString() : char.ConvertFromUtf32(code));
        return true;
    }

    private static bool Set(string value, out string json)
    {
        json = value;
        return true;
    }
}
