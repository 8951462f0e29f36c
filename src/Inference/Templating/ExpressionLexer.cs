using System.Globalization;
using System.Numerics;

namespace Inference.Templating;

/// <summary>Reads the tokens between the braces of one tag.</summary>
internal sealed class ExpressionLexer(SourceText source, List<Token> tokens)
{
    private static readonly string[] _longSymbols = ["//", "**", "==", "!=", ">=", "<="];
    private const string ShortSymbols = "+-/*%~[](){}><=.:|,;";
    private readonly Stack<char> _open = new();
    private readonly string _text = source.Text;

    /// <summary>Reads to the tag's close and returns where the text after it starts.</summary>
    public int ReadTag(int position, bool isBlock)
    {
        _open.Clear();
        TokenKind end = isBlock ? TokenKind.BlockEnd : TokenKind.PrintEnd;
        string close = isBlock ? "%}" : "}}";
        while (true)
        {
            if (_open.Count == 0 && EndOfTag(position, close, isBlock) is int after and >= 0)
            {
                tokens.Add(new(end, "", source.At(position)));
                return after;
            }
            if (position >= _text.Length)
                throw source.Fail(position, $"the template ends inside a tag; '{close}' is missing");
            position = Characters.IsSpace(_text[position]) ? _text.SkipSpaces(position) : ReadToken(position);
        }
    }

    private int EndOfTag(int position, string close, bool isBlock)
    {
        if (_text.HasAt(position, "-" + close))
            return _text.SkipSpaces(position + 3);
        if (isBlock && _text.HasAt(position, "+" + close))
            return position + 3;
        if (!_text.HasAt(position, close))
            return -1;
        int after = position + 2;
        return isBlock && after < _text.Length && _text[after] == '\n' ? after + 1 : after;
    }

    private int ReadToken(int start)
    {
        char c = _text[start];
        if (char.IsAsciiDigit(c))
            return ReadNumber(start);
        if (Characters.IsNameStart(c))
            return ReadName(start);
        if (c is '\'' or '"')
            return ReadString(start);
        foreach (string symbol in _longSymbols)
        {
            if (_text.HasAt(start, symbol))
                return AddSymbol(start, symbol);
        }
        if (!ShortSymbols.Contains(c, StringComparison.Ordinal))
            throw source.Fail(start, $"unexpected character '{c}'");
        Balance(start, c);
        return AddSymbol(start, c.ToString());
    }

    private int AddSymbol(int start, string symbol)
    {
        tokens.Add(new(TokenKind.Symbol, symbol, source.At(start)));
        return start + symbol.Length;
    }

    private void Balance(int start, char c)
    {
        char close = c switch { '(' => ')', '[' => ']', '{' => '}', _ => '\0' };
        if (close != '\0')
            _open.Push(close);
        else if (c is ')' or ']' or '}' && (!_open.TryPop(out char expected) || expected != c))
            throw source.Fail(start, $"unexpected '{c}'");
    }

    private int ReadName(int start)
    {
        int end = start + 1;
        while (end < _text.Length && Characters.IsNamePart(_text[end]))
            end++;
        tokens.Add(new(TokenKind.Name, _text[start..end], source.At(start)));
        return end;
    }

    private int ReadString(int start)
    {
        int end = start + 1;
        while (end < _text.Length && _text[end] != _text[start])
            end += _text[end] == '\\' ? 2 : 1;
        if (end >= _text.Length)
            throw source.Fail(start, "a string has no end");
        string? value = StringEscapes.Decode(_text.AsSpan(start + 1, end - start - 1));
        tokens.Add(new(TokenKind.String, value ?? throw source.Fail(start, "a string has a malformed escape"), source.At(start)));
        return end + 1;
    }

    private int ReadNumber(int start)
    {
        int end = start;
        int radix = start + 1 < _text.Length && _text[start] == '0' ? (_text[start + 1] | 0x20) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 } : 10;
        if (radix != 10 && SkipDigits(start + 2, radix) is int radixEnd && radixEnd > start + 2)
            return AddNumber(start, radixEnd, ReadInteger(_text.AsSpan(start + 2, radixEnd - start - 2), radix));
        end = SkipDigits(start, 10);
        int whole = end;
        // Digits after a dot are an index, as in "rows.0.1".
        if (start == 0 || _text[start - 1] != '.')
        {
            if (end + 1 < _text.Length && _text[end] == '.' && char.IsAsciiDigit(_text[end + 1]))
                end = SkipDigits(end + 1, 10);
            end = SkipExponent(end);
        }
        if (end > whole)
        {
            string digits = _text[start..end].Replace("_", "", StringComparison.Ordinal);
            return AddNumber(start, end, double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        if (_text[start] == '0' && _text.AsSpan(start, end - start).IndexOfAnyExcept('0', '_') >= 0)
            throw source.Fail(start, "a decimal integer starts with 0");
        return AddNumber(start, end, ReadInteger(_text.AsSpan(start, end - start), 10));
    }

    private int SkipExponent(int end)
    {
        if (end >= _text.Length || (_text[end] | 0x20) != 'e')
            return end;
        int digits = end + 1;
        if (digits < _text.Length && _text[digits] is '+' or '-')
            digits++;
        return digits < _text.Length && char.IsAsciiDigit(_text[digits]) ? SkipDigits(digits, 10) : end;
    }

    private int SkipDigits(int from, int radix)
    {
        int end = from;
        while (end < _text.Length && (IsDigit(_text[end], radix) || (_text[end] == '_' && end + 1 < _text.Length && IsDigit(_text[end + 1], radix))))
            end++;
        return end;
    }

    private static bool IsDigit(char c, int radix) =>
        char.IsAsciiHexDigit(c) && DigitValue(c) < radix;

    private static int DigitValue(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

    private int AddNumber(int start, int end, object value)
    {
        if (value is BigInteger big && big.GetBitLength() > TemplateLimits.IntegerBits)
            throw source.Fail(start, "an integer is too large");
        tokens.Add(new(TokenKind.Number, _text[start..end], source.At(start), value));
        return end;
    }

    private static object ReadInteger(ReadOnlySpan<char> digits, int radix)
    {
        if (digits.Length > TemplateLimits.IntegerBits)
            return BigInteger.One << (TemplateLimits.IntegerBits + 1);
        BigInteger value = BigInteger.Zero;
        foreach (char c in digits)
        {
            if (c != '_')
                value = value * radix + DigitValue(c);
        }
        return Numbers.Normalize(value);
    }
}
