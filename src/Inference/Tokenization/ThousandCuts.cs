using System.Globalization;
using System.Text;

namespace Inference.Tokenization;

/// <summary>
/// Cuts before digits of which a multiple of three follow to the end of their number, as matches of nothing do: what it finds
/// are the stretches from each cut to the next, the last to the end of the text.
/// </summary>
internal sealed class ThousandCuts : TextPattern
{
    /// <summary>The pattern whose empty matches are the cuts.</summary>
    public const string Pattern = @"(?=(\d{3})+(?!\d))";

    public override void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches)
    {
        List<int> digits = [];
        int last = -1;
        for (int i = 0; i <= text.Length;)
        {
            Rune rune = default;
            int length = 1;
            if (i < text.Length)
                Rune.DecodeFromUtf8(text[i..], out rune, out length);
            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber)
            {
                digits.Add(i);
            }
            else if (digits.Count > 0)
            {
                for (int digit = digits.Count % 3; digit < digits.Count; digit += 3)
                {
                    if (last >= 0)
                        matches.Add(new TextPiece(last, digits[digit] - last));
                    last = digits[digit];
                }

                digits.Clear();
            }

            i += length;
        }

        if (last >= 0)
            matches.Add(new TextPiece(last, text.Length - last));
    }
}
