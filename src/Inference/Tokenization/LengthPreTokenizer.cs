using System.Text;

namespace Inference.Tokenization;

/// <summary>Cuts a text every so many characters.</summary>
/// <param name="characters">How many; at least one.</param>
internal sealed class LengthPreTokenizer(int characters) : PreTokenizer
{
    public override void Split(ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces)
    {
        int start = 0;
        int count = 0;
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf8(text[i..], out _, out int length);
            i += length;
            if (++count < characters && i < text.Length)
                continue;
            pieces.Add(new TextPiece(offset + start, i - start));
            start = i;
            count = 0;
        }
    }
}
