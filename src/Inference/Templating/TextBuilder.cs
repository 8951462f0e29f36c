using System.Text;
using Inference.Tokenization;

namespace Inference.Templating;

/// <summary>Puts texts together and keeps track of which characters are the template's.</summary>
internal sealed class TextBuilder
{
    private readonly StringBuilder _text = new();
    private readonly List<int> _borders = [];

    public int Length => _text.Length;

    public TextBuilder Append(object text)
    {
        int start = _text.Length;
        _text.Append(TemplateText.Characters(text));
        Append(TemplateText.OriginOf(text), start);
        return this;
    }

    /// <summary>Appends the part of a text between two places.</summary>
    public TextBuilder Append(object text, int from, int to)
    {
        int start = _text.Length;
        _text.Append(TemplateText.Characters(text), from, to - from);
        Append(TemplateText.OriginOf(text).Slice(from, to), start);
        return this;
    }

    /// <summary>What was put together.</summary>
    public object Build() => TemplateText.Create(_text.ToString(), new([.. _borders]));

    public override string ToString() => _text.ToString();

    /// <summary>What was put together, cut where characters of the template and others meet.</summary>
    public List<TextSegment> ToSegments()
    {
        string text = _text.ToString();
        var segments = new List<TextSegment>(_borders.Count + 1);
        int start = 0;
        for (int i = 0; i <= _borders.Count; i++)
        {
            int end = i < _borders.Count ? _borders[i] : text.Length;
            if (end > start)
                segments.Add(new TextSegment(text[start..end], ParsesSpecial: i % 2 == 1));
            start = end;
        }
        return segments;
    }

    private void Append(Provenance origin, int offset)
    {
        ReadOnlySpan<int> borders = origin.Borders;
        if (borders.IsEmpty)
            return;
        int first = 0;
        if (_borders.Count > 0 && _borders[^1] == offset + borders[0])
        {
            _borders[^1] = offset + borders[1];
            first = 2;
        }
        for (int i = first; i < borders.Length; i++)
            _borders.Add(offset + borders[i]);
    }
}
