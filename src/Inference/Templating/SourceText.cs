namespace Inference.Templating;

/// <summary>A template's source with its lines: newlines made one kind, the last one dropped.</summary>
internal sealed class SourceText
{
    private readonly List<int> _lineStarts = [0];

    public SourceText(string source)
    {
        if (source.Length > TemplateLimits.SourceLength)
            throw new ChatTemplateException($"the source has {source.Length} characters; at most {TemplateLimits.SourceLength} are allowed", new(1, 1));
        string text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Text = text.EndsWith('\n') ? text[..^1] : text;
        for (int i = 0; i < Text.Length; i++)
        {
            if (Text[i] == '\n')
                _lineStarts.Add(i + 1);
        }
    }

    public string Text { get; }

    public TextPosition At(int offset)
    {
        int line = _lineStarts.BinarySearch(offset);
        if (line < 0)
            line = ~line - 1;
        return new(line + 1, offset - _lineStarts[line] + 1);
    }

    public ChatTemplateException Fail(int offset, string detail) => new(detail, At(offset));
}
