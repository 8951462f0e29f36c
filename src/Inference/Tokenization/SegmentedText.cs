using System.Runtime.InteropServices;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Segments put together to one text, which knows where control tokens may be found.</summary>
internal sealed class SegmentedText
{
    private readonly List<TextPiece> _parsing = [];

    /// <summary>Puts them together.</summary>
    /// <exception cref="OverflowException">They take more than 2 GiB.</exception>
    public SegmentedText(IReadOnlyList<TextSegment> segments)
    {
        int length = 0;
        foreach (TextSegment segment in segments)
            length = checked(length + segment.Text.Length);
        char[] text = new char[length];
        int end = 0;
        foreach (TextSegment segment in segments)
        {
            segment.Text.CopyTo(0, text, end, segment.Text.Length);
            end += segment.Text.Length;
        }

        Utf8 = new byte[Encoding.UTF8.GetByteCount(text)];
        int characters = 0, bytes = 0, position = 0;
        for (int i = 0; i < segments.Count; i++)
        {
            position += segments[i].Text.Length;
            while (i + 1 < segments.Count && segments[i + 1].ParsesSpecial == segments[i].ParsesSpecial)
                position += segments[++i].Text.Length;

            // A character whose halves lie on both sides of a border is wholly on the side that does not parse.
            int border = position;
            if (border > characters && border < length && char.IsSurrogatePair(text[border - 1], text[border]))
                border += segments[i].ParsesSpecial ? -1 : 1;
            if (border <= characters)
                continue;
            int written = Encoding.UTF8.GetBytes(text.AsSpan(characters, border - characters), Utf8.AsSpan(bytes));
            if (segments[i].ParsesSpecial)
                AddParsing(bytes, written);
            characters = border;
            bytes += written;
        }
    }

    /// <summary>The whole text.</summary>
    public byte[] Utf8 { get; }

    /// <summary>Where control tokens may be found: in order, none touching another.</summary>
    public ReadOnlySpan<TextPiece> Parsing => CollectionsMarshal.AsSpan(_parsing);

    private void AddParsing(int start, int length)
    {
        // An empty segment may lie between two that parse.
        if (_parsing.Count > 0 && _parsing[^1].Start + _parsing[^1].Length == start)
            _parsing[^1] = new TextPiece(_parsing[^1].Start, _parsing[^1].Length + length);
        else
            _parsing.Add(new TextPiece(start, length));
    }
}
