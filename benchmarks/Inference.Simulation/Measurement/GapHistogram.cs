using System.Numerics;

namespace Inference.Simulation.Measurement;

/// <summary>Counts of durations in buckets whose widths grow with the duration: quantiles are exact to 1 in 128.</summary>
internal sealed class GapHistogram
{
    private const int Precision = 7;

    private readonly long[] _counts = new long[(64 - Precision + 1) << Precision];

    public long Count { get; private set; }

    /// <param name="nanoseconds">0 or more.</param>
    public void Add(long nanoseconds)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)nanoseconds | 1) - Precision);
        _counts[(shift << Precision) + (int)(nanoseconds >> shift)]++;
        Count++;
    }

    /// <summary>The smallest duration, in seconds, that a share of the entries does not exceed; 0 without entries.</summary>
    public double Quantile(double share)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(share * Count)), seen = 0;
        for (int i = 0; i < _counts.Length && Count > 0; i++)
        {
            seen += _counts[i];
            if (seen < rank)
                continue;
            // Above the first 2 * 2^Precision buckets, each group holds values that begin with a set bit.
            int shift = i < 2 << Precision ? 0 : (i >> Precision) - 1;
            long lowest = (long)(i - (shift << Precision)) << shift;
            return (lowest + ((1L << shift) - 1)) * 1e-9;
        }

        return 0;
    }
}
