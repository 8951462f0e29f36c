using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    /// <summary>The probability of a value below x: erfc(-x / sqrt(2)) / 2.</summary>
    /// <remarks>
    /// erfc by the Chebyshev fit of Press et al., Numerical Recipes (section 6.2), with a relative error of 1.2e-7 wherever it is not denormal.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Cumulative(Vector512<float> x)
    {
        Vector512<float> z = Vector512.Abs(x) * 0.70710678118654752f;
        Vector512<float> t = Vector512<float>.One / Vector512.FusedMultiplyAdd(z, Vector512.Create(0.5f), Vector512<float>.One);
        Vector512<float> fit = Vector512.Create(0.17087277f);
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(-0.82215223f));
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(1.48851587f));
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(-1.13520398f));
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(0.27886807f));
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(-0.18628806f));
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(0.09678418f));
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(0.37409196f));
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(1.00002368f));
        fit = Vector512.FusedMultiplyAdd(fit, t, Vector512.Create(-1.26551223f));
        Vector512<float> tail = t * Exponential.Exp(Vector512.FusedMultiplyAdd(-z, z, fit)) * 0.5f;
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x, Vector512<float>.Zero), Vector512<float>.One - tail, tail);
    }
}
