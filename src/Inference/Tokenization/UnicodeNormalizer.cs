using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Inference.Tokenization;

/// <summary>The Unicode normalisation forms.</summary>
/// <remarks>
/// Unicode Standard Annex #15. Our own, because <see cref="string.Normalize()"/> returns its input where globalisation is
/// invariant, as in containers without ICU. Bytes that are no UTF-8 stay, and stand between what is around them.
/// </remarks>
/// <param name="composes">Whether characters are put together again: forms C and KC.</param>
/// <param name="compatibility">Whether variants of characters become what they vary: forms KC and KD.</param>
internal sealed class UnicodeNormalizer(bool composes, bool compatibility) : Normalizer
{
    // Text of smaller bytes alone stays as it is: the lead bytes of U+0300, the first combining mark; of U+00C0, the first
    // letter that comes apart; of U+00A0, the first variant.
    private readonly byte _firstLead = compatibility ? (byte)0xC2 : composes ? (byte)0xCC : (byte)0xC3;

    public override void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output)
    {
        if (text.IndexOfAnyInRange(_firstLead, (byte)0xFF) < 0)
        {
            output.Write(text);
            return;
        }

        List<int> codePoints = new(text.Length);
        bool unstable = Read(text, codePoints);
        if (!unstable && composes && !compatibility)
        {
            output.Write(text);
            return;
        }

        List<int> decomposed = new(codePoints.Count + 16);
        foreach (int codePoint in codePoints)
            Decompose(codePoint, decomposed);
        Reorder(CollectionsMarshal.AsSpan(decomposed));
        if (composes)
            Compose(decomposed);
        Write(decomposed, output);
    }

    private void Decompose(int codePoint, List<int> output)
    {
        if (!(compatibility && CompatibilityTables.TryDecompose(codePoint, output)))
            CanonicalTables.Decompose(codePoint, output);
    }

    /// <summary>Reads code points, a byte that is none as its complement; says whether form C may differ.</summary>
    private static bool Read(ReadOnlySpan<byte> text, List<int> codePoints)
    {
        bool unstable = false;
        byte lastClass = 0;
        for (int i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[i..], out Rune rune, out int length) != OperationStatus.Done)
            {
                codePoints.Add(~text[i++]);
                lastClass = 0;
                continue;
            }

            i += length;
            codePoints.Add(rune.Value);
            byte combining = CanonicalTables.CombiningClass(rune.Value);
            unstable |= CanonicalTables.IsUnstable(rune.Value) || (combining != 0 && lastClass > combining);
            lastClass = combining;
        }

        return unstable;
    }

    /// <summary>Puts each run of combining marks in the order of their classes, equal ones in the order they came.</summary>
    private static void Reorder(Span<int> text)
    {
        long[] keys = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (CanonicalTables.CombiningClass(text[i]) == 0)
                continue;

            int end = i + 1;
            while (end < text.Length && CanonicalTables.CombiningClass(text[end]) != 0)
                end++;
            if (end - i > 1)
            {
                Span<int> run = text[i..end];
                if (keys.Length < run.Length)
                    keys = new long[run.Length];
                for (int k = 0; k < run.Length; k++)
                    keys[k] = ((long)CanonicalTables.CombiningClass(run[k]) << 52) | ((long)k << 21) | (uint)run[k];
                keys.AsSpan(0, run.Length).Sort();
                for (int k = 0; k < run.Length; k++)
                    run[k] = (int)(keys[k] & 0x1FFFFF);
            }

            i = end;
        }
    }

    private static void Compose(List<int> text)
    {
        int count = 0;
        int starter = -1;
        byte lastClass = 0;
        foreach (int codePoint in CollectionsMarshal.AsSpan(text))
        {
            byte combining = CanonicalTables.CombiningClass(codePoint);
            if (starter >= 0 && (starter == count - 1 || lastClass < combining))
            {
                int composite = CanonicalTables.Compose(text[starter], codePoint);
                if (composite >= 0)
                {
                    text[starter] = composite;
                    continue;
                }
            }

            if (combining == 0)
                starter = count;
            lastClass = combining;
            text[count++] = codePoint;
        }

        CollectionsMarshal.SetCount(text, count);
    }

    private static void Write(List<int> text, TextBuffer output)
    {
        foreach (int codePoint in text)
        {
            Span<byte> target = output.GetSpan(4);
            if (codePoint < 0)
            {
                target[0] = (byte)~codePoint;
                output.Advance(1);
            }
            else
            {
                output.Advance(new Rune(codePoint).EncodeToUtf8(target));
            }
        }
    }
}
