using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// Finds the scale d of a group so that d * q, with integers q of -limit to limit - 1, is near the values in squared error.
/// </summary>
/// <remarks>
/// The value of largest magnitude takes the code -limit, the end that reaches one step further; scales around that one are tried, each
/// followed by the least-squares scale for the codes it yields. Groups are multiples of 8 values.
/// </remarks>
internal static class SymmetricScale
{
    private const int Candidates = 12;
    private const float Spacing = 0.1f;

    /// <summary>The best scale found: 0 where all values are 0, or nearly.</summary>
    public static float Find(ReadOnlySpan<float> values, int limit)
    {
        float extreme = 0;
        foreach (float value in values)
        {
            if (MathF.Abs(value) > MathF.Abs(extreme))
                extreme = value;
        }

        // Relative to the largest value, so that no sum overflows or vanishes. F16 has no scale for values smaller still.
        float unit = 1 / extreme;
        if (!float.IsFinite(unit))
            return 0;

        float best = 0;
        float bestGain = 0;
        for (int candidate = -Candidates; candidate <= Candidates; candidate++)
        {
            (float products, float squares) = Sums(values, unit, -(limit + Spacing * candidate), limit);

            // With the least-squares scale, the squared error falls by products² / squares.
            float gain = products * products / squares;
            if (gain > bestGain)
            {
                bestGain = gain;
                best = products / squares * extreme;
            }
        }

        return best;
    }

    /// <summary>The nearest code; NaN, from a scale of 0, gives 0.</summary>
    public static int Code(float scaled, int limit) => (int)Math.Clamp(MathF.Round(scaled), -limit, limit - 1);

    private static (float Products, float Squares) Sums(ReadOnlySpan<float> values, float unit, float inverse, int limit)
    {
        Vector256<float> products = default, squares = default;
        for (int i = 0; i < values.Length; i += Vector256<float>.Count)
        {
            Vector256<float> value = Vector256.Create(values[i..]) * unit;
            Vector256<float> code = Vector256.ClampNative(
                Vector256.Round(value * inverse), Vector256.Create(-(float)limit), Vector256.Create(limit - 1f));
            products += value * code;
            squares += code * code;
        }

        return (Vector256.Sum(products), Vector256.Sum(squares));
    }
}
