using Inference.Simulation.Measurement;

namespace Inference.Simulation.Tests.Measurement;

public class GapHistogramTests
{
    [Fact]
    public void Quantiles_are_those_of_the_sorted_values_to_one_in_128()
    {
        Random random = new(1);
        long[] values = [.. Enumerable.Range(0, 5000).Select(_ => (long)Math.Pow(2, random.NextDouble() * 60)), 0, 1, 127, 128, 255, 256, 257];
        GapHistogram histogram = new();
        foreach (long value in values)
            histogram.Add(value);
        Array.Sort(values);
        foreach (double share in (double[])[0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 1])
        {
            double exact = values[Math.Max(0, (int)Math.Ceiling(share * values.Length) - 1)] * 1e-9;
            Assert.InRange(histogram.Quantile(share), exact, exact * (1 + (1.0 / 128)) + 1e-18);
        }
    }

    [Fact]
    public void Nothing_has_quantile_zero()
    {
        Assert.Equal(0, new GapHistogram().Quantile(0.5));
        Assert.Equal(default, Quantiles.Of([]));
    }

    [Fact]
    public void Lists_have_quantiles_by_nearest_rank() =>
        Assert.Equal(new Quantiles(50, 90, 99), Quantiles.Of([.. Enumerable.Range(1, 100).Select(i => (double)i).Reverse()]));
}
