namespace Inference.Simulation.Measurement;

/// <summary>Three quantiles of a set of durations, in seconds.</summary>
internal readonly record struct Quantiles(double P50, double P90, double P99)
{
    /// <summary>Of values in any order, by nearest rank; zeros where there are none.</summary>
    public static Quantiles Of(List<double> values)
    {
        if (values.Count == 0)
            return default;
        double[] sorted = [.. values.Order()];
        double At(double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
        return new Quantiles(At(0.5), At(0.9), At(0.99));
    }

    public static Quantiles Of(GapHistogram values) => new(values.Quantile(0.5), values.Quantile(0.9), values.Quantile(0.99));
}
