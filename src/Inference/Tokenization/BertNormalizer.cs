using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>What BERT does to characters one by one: drops control characters, and sets Chinese ones apart by spaces.</summary>
/// <remarks>Devlin et al., BERT (2018), the tokenizer of the published code. Accents and case are normalisers of their own.</remarks>
/// <param name="cleans">Whether control characters are dropped, and white space becomes spaces.</param>
/// <param name="separatesChinese">Whether ideographs are words of their own.</param>
internal sealed class BertNormalizer(bool cleans, bool separatesChinese) : Normalizer
{
    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        while (!text.IsEmpty)
        {
            int plain = PlainLength(text);
            if (plain > 0)
            {
                output.Write(text[..plain]);
                text = text[plain..];
                continue;
            }

            Rune.DecodeFromUtf8(text, out Rune rune, out int length);
            if (!cleans || !IsDropped(rune))
                Write(rune, text[..length], output);
            text = text[length..];
        }
    }

    private static int PlainLength(ReadOnlySpan<byte> text)
    {
        int length = text.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        return length < 0 ? text.Length : length;
    }

    private void Write(Rune rune, ReadOnlySpan<byte> utf8, TextBuffer output)
    {
        if (cleans && Rune.IsWhiteSpace(rune))
        {
            output.Write(" "u8);
        }
        else if (separatesChinese && IsChinese(rune.Value))
        {
            output.Write(" "u8);
            output.Write(utf8);
            output.Write(" "u8);
        }
        else
        {
            output.Write(utf8);
        }
    }

    // What is no UTF-8 reads as the replacement character. Tab and line breaks are white space here, not control characters.
    private static bool IsDropped(Rune rune) => rune.Value is 0 or 0xFFFD
        || (rune.Value is not ('\t' or '\n' or '\r')
            && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);

    private static bool IsChinese(int rune) => rune is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
