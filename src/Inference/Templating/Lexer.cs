namespace Inference.Templating;

/// <summary>
/// Cuts a template into text and tags, and trims the text around tags as Jinja does with
/// <c>trim_blocks</c> and <c>lstrip_blocks</c> on: what every chat template is written for.
/// </summary>
internal sealed class Lexer
{
    private readonly SourceText _source;
    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private readonly ExpressionLexer _expressions;
    private int _position;
    private bool _atLineStart = true;

    private Lexer(SourceText source)
    {
        _source = source;
        _text = source.Text;
        _expressions = new ExpressionLexer(source, _tokens);
    }

    public static List<Token> Run(string source)
    {
        var lexer = new Lexer(new SourceText(source));
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_position < _text.Length)
        {
            int start = FindTag(_position);
            if (start < 0)
            {
                AddText(_position, _text.Length);
                break;
            }
            ReadTag(start);
        }
        _tokens.Add(new(TokenKind.End, "", _source.At(_text.Length)));
    }

    private int FindTag(int from)
    {
        for (int i = _text.IndexOf('{', from); i >= 0 && i + 1 < _text.Length; i = _text.IndexOf('{', i + 1))
        {
            if (_text[i + 1] is '%' or '{' or '#')
                return i;
        }
        return -1;
    }

    private void ReadTag(int start)
    {
        char kind = _text[start + 1];
        int inside = start + 2;
        char sign = inside < _text.Length && _text[inside] is '-' or '+' ? _text[inside] : ' ';
        if (sign != ' ')
            inside++;
        AddTrimmedText(_position, start, sign, mayStripLine: kind != '{');
        if (kind == '#')
            EndTag(EndOfComment(start, inside));
        else if (kind == '%' && StartOfRaw(inside) is int raw and >= 0)
            EndTag(ReadRaw(start, raw));
        else
        {
            _tokens.Add(new(kind == '%' ? TokenKind.BlockBegin : TokenKind.PrintBegin, "", _source.At(start)));
            EndTag(_expressions.ReadTag(inside, kind == '%'));
        }
    }

    private void EndTag(int end)
    {
        _position = end;
        _atLineStart = _text[end - 1] == '\n';
    }

    private void AddTrimmedText(int start, int end, char sign, bool mayStripLine)
    {
        if (sign == '-')
        {
            while (end > start && Characters.IsSpace(_text[end - 1]))
                end--;
        }
        else if (sign != '+' && mayStripLine && end > start)
        {
            int line = _text.LastIndexOf('\n', end - 1, end - start) + 1;
            if (line > 0 || _atLineStart)
            {
                line = Math.Max(line, start);
                if (_text.AsSpan(line, end - line).IndexOfAnyExcept(Characters.Spaces) < 0)
                    end = line;
            }
        }
        AddText(start, end);
    }

    private void AddText(int start, int end)
    {
        if (end > start)
            _tokens.Add(new(TokenKind.Text, _text[start..end], _source.At(start)));
    }

    private int EndOfComment(int start, int inside)
    {
        int close = _text.IndexOf("#}", inside, StringComparison.Ordinal);
        if (close < 0)
            throw _source.Fail(start, "a comment has no end");
        char sign = close > inside ? _text[close - 1] : ' ';
        return AfterClose(close + 2, sign);
    }

    /// <summary>Where to go on after a statement's or comment's close: all white space goes with '-', else one newline.</summary>
    private int AfterClose(int end, char sign)
    {
        if (sign == '-')
            return _source.Text.SkipSpaces(end);
        return sign != '+' && end < _text.Length && _text[end] == '\n' ? end + 1 : end;
    }

    /// <summary>Where the content of a raw block starts, or -1 where the tag is another.</summary>
    private int StartOfRaw(int inside)
    {
        int name = _text.SkipSpaces(inside);
        if (!_text.HasAt(name, "raw"))
            return -1;
        int close = _text.SkipSpaces(name + 3);
        if (_text.HasAt(close, "-%}"))
            return _text.SkipSpaces(close + 3);
        return _text.HasAt(close, "%}") ? close + 2 : -1;
    }

    private int ReadRaw(int start, int content)
    {
        for (int tag = _text.IndexOf("{%", content, StringComparison.Ordinal); tag >= 0; tag = _text.IndexOf("{%", tag + 1, StringComparison.Ordinal))
        {
            int name = tag + 2;
            char sign = name < _text.Length && _text[name] is '-' or '+' ? _text[name++] : ' ';
            name = _text.SkipSpaces(name);
            if (!_text.HasAt(name, "endraw"))
                continue;
            int close = _text.SkipSpaces(name + 6);
            char closeSign = close < _text.Length && _text[close] is '-' or '+' ? _text[close++] : ' ';
            if (!_text.HasAt(close, "%}"))
                continue;
            _atLineStart = _text[content - 1] == '\n';
            AddTrimmedText(content, tag, sign, mayStripLine: true);
            return AfterClose(close + 2, closeSign);
        }
        throw _source.Fail(start, "a raw block has no end");
    }
}
