using System.Text;

namespace Inference.Tokenization;

/// <summary>Finds decimal digits in groups of three counted from the end of each number, the first group having one to three.</summary>
/// <param name="needsBorder">Whether only numbers that no word character follows are grouped.</param>
internal sealed class DigitGroups(bool needsBorder) : TextPattern
{
    /// <summary>The pattern that groups the digits of numbers that no word character follows.</summary>
    public const string Bordered = @"\d{1,3}(?=(?:\d{3})*\b)";

    /// <summary>The pattern that groups the digits of all numbers.</summary>
    public const string Unbordered = @"\d{1,3}(?=(?:\d{3})*(?!\d))";

    public override void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches)
    {
        List<int> starts = [];
        for (int i = 0; i < text.Length;)
        {
            starts.Clear();
            int length = 0;
            Rune rune = default;
            for (; i < text.Length; i += length)
            {
                Rune.DecodeFromUtf8(text[i..], out rune, out length);
                if (!IsDigit(rune))
                    break;
                starts.Add(i);
            }

            if (starts.Count > 0 && !(needsBorder && i < text.Length && RuneSet.Word.Contains(rune.Value, Rune.GetUnicodeCategory(rune))))
                AddGroups(starts, i, matches);
            if (i < text.Length)
                i += length;
        }
    }

    private static void AddGroups(List<int> starts, int end, List<TextPiece> matches)
    {
        int first = starts.Count % 3 == 0 ? 3 : starts.Count % 3;
        for (int group = 0, next = first; group < starts.Count; group = next, next += 3)
        {
            int after = next < starts.Count ? starts[next] : end;
            matches.Add(new TextPiece(starts[group], after - starts[group]));
        }
    }

    private static bool IsDigit(Rune rune) => Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.DecimalDigitNumber;
}
