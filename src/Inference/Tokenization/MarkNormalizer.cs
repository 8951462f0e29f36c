using System.Text;

namespace Inference.Tokenization;

/// <summary>Drops combining marks.</summary>
internal sealed class MarkNormalizer : RuneNormalizer
{
    protected override void Write(Rune rune, ReadOnlySpan<byte> utf8, TextBuffer output)
    {
        if (!IsMark(rune))
            output.Write(utf8);
    }
}
