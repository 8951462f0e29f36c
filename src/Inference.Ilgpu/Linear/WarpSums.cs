using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>What a thread has of the results of 64 weight rows, 16 at a time, and 32 rows of the input.</summary>
internal struct WarpSums
{
    public FloatQuads A;
    public FloatQuads B;
    public FloatQuads C;
    public FloatQuads D;

    /// <summary>Adds those of a chunk.</summary>
    public static WarpSums Add(WarpSums totals, WarpSums sums)
    {
        totals.A = Add(totals.A, sums.A);
        totals.B = Add(totals.B, sums.B);
        totals.C = Add(totals.C, sums.C);
        totals.D = Add(totals.D, sums.D);
        return totals;
    }

    /// <summary>Adds those of one tile.</summary>
    public static FloatQuads Add(FloatQuads totals, FloatQuads sums)
    {
        totals.A = Add(totals.A, sums.A);
        totals.B = Add(totals.B, sums.B);
        totals.C = Add(totals.C, sums.C);
        totals.D = Add(totals.D, sums.D);
        return totals;
    }

    private static FloatQuad Add(FloatQuad totals, FloatQuad sums)
    {
        totals.A = Exact.Add(totals.A, sums.A);
        totals.B = Exact.Add(totals.B, sums.B);
        totals.C = Exact.Add(totals.C, sums.C);
        totals.D = Exact.Add(totals.D, sums.D);
        return totals;
    }
}
