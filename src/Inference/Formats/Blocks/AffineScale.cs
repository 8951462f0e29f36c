namespace Inference.Formats.Blocks;

/// <summary>
/// Finds scale and minimum of a group so that scale * q - minimum, with integers q of 0 to top and neither of the two negative, is near
/// the values in squared error.
/// </summary>
/// <remarks>Scales around (max - min) / top are tried, each followed by the least-squares line through the codes it yields.</remarks>
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
        double bestError = Error(values, best.Scale, best.Minimum, top);
        for (int candidate = 0; candidate <= Candidates; candidate++)
        {
            float scale = (high - low) / (top + FirstOffset + Spacing * candidate);
            (float Scale, float Minimum) line = Fit(values, scale, -low, top);
            double error = Error(values, line.Scale, line.Minimum, top);
            if (error < bestError)
            {
                bestError = error;
                best = line;
            }
        }

        return best;
    }

    /// <summary>The squared error of the nearest codes.</summary>
    public static double Error(ReadOnlySpan<float> values, float scale, float minimum, int top)
    {
        float inverse = scale > 0 ? 1 / scale : 0;
        double error = 0;
        foreach (float value in values)
        {
            float difference = scale * Code(value, inverse, minimum, top) - minimum - value;
            error += (double)difference * difference;
        }

        return error;
    }

    /// <summary>The nearest code, given 1 / scale.</summary>
    public static int Code(float value, float inverse, float minimum, int top) =>
        (int)Math.Clamp(MathF.Round((value + minimum) * inverse), 0, top);

    private static (float Scale, float Minimum) Fit(ReadOnlySpan<float> values, float scale, float minimum, int top)
    {
        float inverse = 1 / scale;
        double codes = 0, squares = 0, sum = 0, products = 0;
        foreach (float value in values)
        {
            int code = Code(value, inverse, minimum, top);
            codes += code;
            squares += (double)code * code;
            sum += value;
            products += (double)code * value;
        }

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
