using System.Buffers;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Lower case, each character by itself.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        while (!text.IsEmpty)
        {
            int ascii = text.IndexOfAnyInRange((byte)0x80, (byte)0xFF);
            ascii = ascii < 0 ? text.Length : ascii;
            Span<byte> target = output.GetSpan(Math.Max(ascii, 4));
            Ascii.ToLower(text[..ascii], target, out int written);
            output.Advance(written);
            text = text[ascii..];
            if (text.IsEmpty)
                return;

            bool valid = Rune.DecodeFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done;
            // The only character whose lower case is two.
            if (rune.Value == 0x130)
                output.Write("i\u0307"u8);
            else if (valid)
                output.Advance(Rune.ToLowerInvariant(rune).EncodeToUtf8(output.GetSpan(4)));
            else
                output.Write(text[..length]);
            text = text[length..];
        }
    }
}
