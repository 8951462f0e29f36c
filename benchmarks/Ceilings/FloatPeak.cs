using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Ceilings;

/// <summary>The most 32-bit multiplications and additions that this machine does: fused ones in the widest registers, all independent.</summary>
internal static class FloatPeak
{
    private const int Chains = 12;
    private const int Turns = 4_000_000;

    /// <summary>Measures.</summary>
    /// <param name="threads">Threads.</param>
    /// <returns>Operations a second; a multiplication and an addition are two.</returns>
    public static double Measure(int threads)
    {
        double operations = 2.0 * Vector512<float>.Count * Chains * Turns;
        return threads * operations / ParallelTimer.Fastest(threads, 20, _ => Run(Turns));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Run(int turns)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(1e-3f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int turn = 0; turn < turns; turn++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
