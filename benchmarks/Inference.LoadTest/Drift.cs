namespace Inference.LoadTest;

/// <summary>Whether a figure that is sampled at equal intervals grows.</summary>
/// <param name="Median">The typical value.</param>
/// <param name="Growth">What the robust line through the samples gains from the first to the last, in relation to the median.</param>
/// <param name="Significance">How many standard deviations the order of the samples is from chance.</param>
internal sealed record Drift(double Median, double Growth, double Significance)
{
    // One run in a hundred without any trend looks like this.
    private const double Notable = 2.33;

    /// <summary>The line's slope is the median of the slopes between all pairs (Theil, Sen), its significance that of Mann and Kendall.</summary>
    /// <param name="samples">At least 3.</param>
    public static Drift Of(IReadOnlyList<double> samples)
    {
        int count = samples.Count;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 3, nameof(samples));
        List<double> slopes = [];
        int rises = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = i + 1; j < count; j++)
            {
                slopes.Add((samples[j] - samples[i]) / (j - i));
                rises += Math.Sign(samples[j] - samples[i]);
            }
        }

        double median = MedianOf(samples), deviation = Math.Sqrt(count * (count - 1.0) * ((2.0 * count) + 5) / 18);
        double gain = MedianOf(slopes) * (count - 1);
        return new Drift(median, median == 0 ? 0 : gain / median, rises / deviation);
    }

    /// <summary>Whether the growth is both above what is tolerated and more than chance.</summary>
    public bool Exceeds(double tolerance) => Growth > tolerance && Significance > Notable;

    private static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
