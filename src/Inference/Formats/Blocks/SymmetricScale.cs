namespace Inference.Formats.Blocks;

/// <summary>
/// Finds the scale d of a group so that d * q, with integers q of -limit to limit - 1, is near the values in squared error.
/// </summary>
/// <remarks>
/// The value of largest magnitude takes the code -limit, the end that reaches one step further; scales around that one are tried, each
/// followed by the least-squares scale for the codes it yields.
/// </remarks>
internal static class SymmetricScale
{
    private const int Candidates = 12;
    private const float Spacing = 0.1f;

    /// <summary>The best scale found: 0 where all values are 0.</summary>
    public static float Find(ReadOnlySpan<float> values, int limit)
    {
        float extreme = 0;
        foreach (float value in values)
        {
            if (MathF.Abs(value) > MathF.Abs(extreme))
                extreme = value;
        }

        if (extreme == 0)
            return 0;

        float best = 0;
        double bestGain = -1;
        for (int candidate = -Candidates; candidate <= Candidates; candidate++)
        {
            float inverse = -(limit + Spacing * candidate) / extreme;
            double products = 0, squares = 0;
            foreach (float value in values)
            {
                int code = Code(value * inverse, limit);
                products += (double)value * code;
                squares += (double)code * code;
            }

            // With the least-squares scale, the squared error falls by products² / squares.
            double gain = squares > 0 ? products * products / squares : 0;
            if (gain > bestGain)
            {
                bestGain = gain;
                best = squares > 0 ? (float)(products / squares) : 0;
            }
        }

        return best;
    }

    /// <summary>The nearest code; NaN, from a scale of 0, gives 0.</summary>
    public static int Code(float scaled, int limit) => (int)Math.Clamp(MathF.Round(scaled), -limit, limit - 1);
}
