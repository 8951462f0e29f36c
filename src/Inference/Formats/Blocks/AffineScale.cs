using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// Finds scale and minimum of a group so that scale * q - minimum, with integers q of 0 to top and neither of the two negative, is near
/// the values in squared error.
/// </summary>
/// <remarks>
/// Scales around (max - min) / top are tried, each followed by the least-squares line through the codes it yields. Groups are multiples
/// of 8 values.
/// </remarks>
internal static class AffineScale
{
    private const int Candidates = 20;
    private const float FirstOffset = -1;
    private const float Spacing = 0.1f;

    public static (float Scale, float Minimum) Find(ReadOnlySpan<float> values, int top)
    {
        float low = 0, high = float.MinValue;
        foreach (float value in values)
        {
            low = MathF.Min(low, value);
            high = MathF.Max(high, value);
        }

        if (high <= low)
            return (0, -low);

        (float Scale, float Minimum) best = ((high - low) / top, -low);
        float bestError = Error(values, best.Scale, best.Minimum, top);
        for (int candidate = 0; candidate <= Candidates; candidate++)
        {
            float scale = (high - low) / (top + FirstOffset + Spacing * candidate);
            (float Scale, float Minimum) line = Fit(values, scale, -low, top);
            float error = Error(values, line.Scale, line.Minimum, top);
            if (error < bestError)
            {
                bestError = error;
                best = line;
            }
        }

        return best;
    }

    /// <summary>The squared error of the nearest codes.</summary>
    public static float Error(ReadOnlySpan<float> values, float scale, float minimum, int top)
    {
        float inverse = scale > 0 ? 1 / scale : 0;
        Vector256<float> error = default;
        for (int i = 0; i < values.Length; i += Vector256<float>.Count)
        {
            Vector256<float> value = Vector256.Create(values[i..]);
            Vector256<float> difference = Codes(value, inverse, minimum, top) * scale - Vector256.Create(minimum) - value;
            error += difference * difference;
        }

        return Vector256.Sum(error);
    }

    /// <summary>The nearest code, given 1 / scale.</summary>
    public static int Code(float value, float inverse, float minimum, int top) =>
        (int)Math.Clamp(MathF.Round((value + minimum) * inverse), 0, top);

    private static Vector256<float> Codes(Vector256<float> values, float inverse, float minimum, int top) => Vector256.ClampNative(
        Vector256.Round((values + Vector256.Create(minimum)) * inverse), Vector256<float>.Zero, Vector256.Create((float)top));

    private static (float Scale, float Minimum) Fit(ReadOnlySpan<float> values, float scale, float minimum, int top)
    {
        float inverse = 1 / scale;
        Vector256<float> codeSum = default, squareSum = default, valueSum = default, productSum = default;
        for (int i = 0; i < values.Length; i += Vector256<float>.Count)
        {
            Vector256<float> value = Vector256.Create(values[i..]);
            Vector256<float> code = Codes(value, inverse, minimum, top);
            codeSum += code;
            squareSum += code * code;
            valueSum += value;
            productSum += code * value;
        }

        // Differences of sums of like size: doubles keep the digits that floats would lose here.
        double codes = Vector256.Sum(codeSum), squares = Vector256.Sum(squareSum);
        double sum = Vector256.Sum(valueSum), products = Vector256.Sum(productSum);
        double determinant = values.Length * squares - codes * codes;
        if (determinant <= 0)
            return (scale, minimum);

        double slope = (values.Length * products - codes * sum) / determinant;
        double intercept = (squares * sum - codes * products) / determinant;

        // Minima cannot be negative: a line that would start above zero is held at zero.
        if (intercept > 0)
            (slope, intercept) = (products / squares, 0);
        return slope > 0 ? ((float)slope, (float)-intercept) : (scale, minimum);
    }
}
