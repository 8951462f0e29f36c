using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>What a thread has of the results of a tile of 16 weight rows and up to 64 rows of the input.</summary>
internal struct TileSums
{
    /// <summary>Of the first 32 rows of the input.</summary>
    public FloatQuads First;

    /// <summary>Of the others.</summary>
    public FloatQuads Second;

    /// <summary>Adds them one by one.</summary>
    public static FloatQuads Add(FloatQuads total, FloatQuads sums)
    {
        total.A = Add(total.A, sums.A);
        total.B = Add(total.B, sums.B);
        total.C = Add(total.C, sums.C);
        total.D = Add(total.D, sums.D);
        return total;
    }

    private static FloatQuad Add(FloatQuad total, FloatQuad sums)
    {
        total.A = Exact.Add(total.A, sums.A);
        total.B = Exact.Add(total.B, sums.B);
        total.C = Exact.Add(total.C, sums.C);
        total.D = Exact.Add(total.D, sums.D);
        return total;
    }
}
