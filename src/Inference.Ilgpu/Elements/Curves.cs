using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Elements;

/// <summary>Functions of a float that cards have only in few bits, or not at all.</summary>
internal static class Curves
{
    private const float Sqrt2Over2 = 0.70710678f;

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static float Sigmoid(float x) => 1 / (1 + XMath.Exp(-x));

    /// <summary>To about 1e-7 of itself: by its series near 0, where the quotient of exponentials would cancel.</summary>
    public static float Tanh(float x)
    {
        float square = Exact.Multiply(x, x);
        if (square < 0.01f)
        {
            float series = Exact.MultiplyAdd(square, -17 / 315f, 2 / 15f);
            series = Exact.MultiplyAdd(square, -series, 1 / 3f);
            return Exact.Multiply(x, Exact.MultiplyAdd(square, -series, 1));
        }

        // Beyond 10 the result is 1, and the exponential must not overflow.
        float size = XMath.Min(XMath.Abs(x), 10f);
        float result = 1 - 2 / (XMath.Exp(2 * size) + 1);
        return x < 0 ? -result : result;
    }

    /// <summary>The distribution function of the normal distribution, to 1e-6 of itself far into its tail.</summary>
    /// <remarks>Press et al., Numerical Recipes (1992), 6.2: a Chebyshev fit of the logarithm of erfc.</remarks>
    public static float Normal(float x)
    {
        float size = XMath.Abs(x) * Sqrt2Over2;
        float t = 1 / (1 + size / 2);
        float fit = -0.82215223f + t * 0.17087277f;
        fit = -1.13520398f + t * (1.48851587f + t * fit);
        fit = -0.18628806f + t * (0.27886807f + t * fit);
        fit = 0.37409196f + t * (0.09678418f + t * fit);
        fit = -1.26551223f + t * (1.00002368f + t * fit);
        float tail = t * XMath.Exp(fit - size * size) / 2;
        return x < 0 ? tail : 1 - tail;
    }

    /// <summary>By its bits: compilers for OpenCL may assume that comparisons see no NaN.</summary>
    public static bool IsNaN(float x) => (Interop.FloatAsInt(x) & 0x7FFFFFFFu) > 0x7F800000u;

    /// <summary>By its bits.</summary>
    public static bool IsFinite(float x) => (Interop.FloatAsInt(x) & 0x7FFFFFFFu) < 0x7F800000u;
}
