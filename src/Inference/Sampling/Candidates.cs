using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inference.Sampling;

/// <summary>Picks the tokens with the greatest logits without sorting the vocabulary.</summary>
/// <remarks>
/// A candidate is one 64-bit key, the logit above and the inverted token below, so that comparing keys compares logits
/// and, among equal logits, prefers the lower token: one total order for every filter.
/// </remarks>
internal static class Candidates
{
    private const int SmallEnoughToSort = 64;

    public static int Token(ulong key) => (int)~(uint)key;

    public static float Logit(ulong key)
    {
        uint bits = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) != 0 ? bits ^ 0x8000_0000 : ~bits);
    }

    internal static ulong Key(float logit, int token)
    {
        // Adding zero makes negative zero positive: they are equal logits and must be equal here.
        uint bits = BitConverter.SingleToUInt32Bits(logit + 0f);
        bits = (bits & 0x8000_0000) != 0 ? ~bits : bits ^ 0x8000_0000;
        return ((ulong)bits << 32) | ~(uint)token;
    }

    /// <summary>Collects every token whose logit is finite and at least <paramref name="floor"/>.</summary>
    /// <returns>The candidates, in the order of tokens.</returns>
    public static Span<ulong> AtLeast(ReadOnlySpan<float> logits, float floor, SamplerScratch scratch)
        => Collect(logits, floor, logits.Length, scratch);

    /// <summary>Collects the greatest finite logits, at most <paramref name="count"/> of them.</summary>
    /// <returns>The candidates, in no particular order.</returns>
    public static Span<ulong> Greatest(ReadOnlySpan<float> logits, int count, SamplerScratch scratch)
    {
        Span<ulong> found = Collect(logits, float.MinValue, count, scratch);
        MoveGreatestFirst(found, count);
        return found[..Math.Min(count, found.Length)];
    }

    /// <summary>Moves the fewest greatest candidates whose weights reach a sum to the front: quickselect by weight instead of by count.</summary>
    /// <param name="candidates">The candidates.</param>
    /// <param name="sum">The sum.</param>
    /// <param name="weights">Their weights, by token: looked up, not computed, since selection asks for each several times.</param>
    /// <returns>Those candidates, in no particular order; all of them where they do not reach the sum.</returns>
    public static Span<ulong> Reaching(Span<ulong> candidates, double sum, ReadOnlySpan<float> weights)
    {
        double reached = 0;
        int kept = 0;
        Span<ulong> rest = candidates;
        for (int rounds = MostRounds(rest.Length); rest.Length > SmallEnoughToSort && rounds > 0; rounds--)
        {
            Span<ulong> greater = rest[..Split(rest)];
            double weight = Sum(greater, weights);
            if (reached + weight >= sum)
            {
                rest = greater;
            }
            else
            {
                reached += weight;
                kept += greater.Length;
                rest = rest[greater.Length..];
            }
        }

        SortDescending(rest);
        foreach (ulong key in rest)
        {
            kept++;
            reached += weights[Token(key)];
            if (reached >= sum)
                break;
        }

        return candidates[..kept];
    }

    /// <summary>The sum of the candidates' weights.</summary>
    public static double Sum(ReadOnlySpan<ulong> candidates, ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (ulong key in candidates)
            sum += weights[Token(key)];
        return sum;
    }

    /// <summary>Draws one of some candidates.</summary>
    /// <param name="candidates">At least one.</param>
    /// <param name="weights">Their weights, by token.</param>
    /// <param name="random">In [0, 1).</param>
    public static int Draw(ReadOnlySpan<ulong> candidates, ReadOnlySpan<float> weights, double random)
    {
        double left = random * Sum(candidates, weights);
        foreach (ulong key in candidates)
        {
            left -= weights[Token(key)];
            if (left < 0)
                return Token(key);
        }

        // Only rounding comes here, at the very end of the sum; the first one always has a weight.
        return Token(candidates[0]);
    }

    public static void SortDescending(Span<ulong> candidates)
    {
        candidates.Sort();
        candidates.Reverse();
    }

    /// <summary>Selects in linear time (Hoare's quickselect): afterwards the first <paramref name="count"/> are the greatest.</summary>
    internal static void MoveGreatestFirst(Span<ulong> keys, int count)
    {
        int rounds = MostRounds(keys.Length);
        while (count > 0 && count < keys.Length)
        {
            if (rounds-- == 0)
            {
                SortDescending(keys);
                return;
            }

            int greater = Split(keys);
            if (count < greater)
            {
                keys = keys[..greater];
            }
            else
            {
                keys = keys[greater..];
                count -= greater;
            }
        }
    }

    // A hostile order of keys must not make selection quadratic: past this many rounds the rest is sorted.
    private static int MostRounds(int length) => 2 * BitOperations.Log2((uint)length + 1) + 4;

    // Keys are distinct and there are at least two, so both sides of the split hold at least one.
    private static int Split(Span<ulong> keys)
    {
        ulong pivot = MiddleOf(keys[0], keys[keys.Length / 2], keys[^1]);
        int left = -1;
        int right = keys.Length;
        while (true)
        {
            while (keys[++left] > pivot)
            {
            }

            while (keys[--right] < pivot)
            {
            }

            if (left >= right)
                return Math.Max(left, 1);
            (keys[left], keys[right]) = (keys[right], keys[left]);
        }
    }

    private static ulong MiddleOf(ulong a, ulong b, ulong c)
        => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    private static Span<ulong> Collect(ReadOnlySpan<float> logits, float floor, int limit, SamplerScratch scratch)
    {
        int room = (int)Math.Min(2L * limit + 512, logits.Length);
        floor = Math.Max(floor, float.MinValue);
        Span<ulong> keys = scratch.Candidates(Math.Min(room, 512));
        ref float first = ref MemoryMarshal.GetReference(logits);
        int count = 0;
        for (int start = 0; start < logits.Length; start += Vector256<float>.Count)
        {
            uint hits = 0;
            if (start + Vector256<float>.Count <= logits.Length)
            {
                hits = Vector256.GreaterThanOrEqual(Vector256.LoadUnsafe(ref first, (nuint)start), Vector256.Create(floor)).ExtractMostSignificantBits();
            }
            else
            {
                for (int i = start; i < logits.Length; i++)
                    hits |= logits[i] >= floor ? 1u << (i - start) : 0;
            }

            for (; hits != 0; hits &= hits - 1)
            {
                if (count == keys.Length && count < room)
                    keys = scratch.Candidates(Math.Min(room, 2 * count), count);
                if (count >= room && count > limit)
                    floor = Compact(keys, ref count, limit);
                int token = start + BitOperations.TrailingZeroCount(hits);
                keys[count++] = Key(logits[token], token);
            }
        }

        return keys[..count];
    }

    // Later tokens lose against equal logits, so only greater ones are still of interest.
    private static float Compact(Span<ulong> keys, ref int count, int limit)
    {
        MoveGreatestFirst(keys[..count], limit);
        ulong least = ulong.MaxValue;
        foreach (ulong key in keys[..limit])
            least = Math.Min(least, key);
        count = limit;
        return MathF.BitIncrement(Logit(least));
    }
}
