using Inference.LoadTest;

namespace Inference.Simulation.Tests.LoadTest;

public class DriftTests
{
    [Fact]
    public void A_line_is_found_exactly()
    {
        Drift drift = Drift.Of([.. Enumerable.Range(0, 11).Select(i => 100.0 + i)]);
        Assert.Equal((105, 10.0 / 105), (drift.Median, drift.Growth));
        Assert.True(drift.Exceeds(0.09));
        Assert.False(drift.Exceeds(0.1));
    }

    [Fact]
    public void Outliers_do_not_make_a_drift()
    {
        double[] samples = [.. Enumerable.Repeat(100.0, 30)];
        samples[28] = samples[29] = 10_000;
        Assert.Equal(0, Drift.Of(samples).Growth);
        Assert.False(Drift.Of(samples).Exceeds(0.01));
    }

    [Fact]
    public void Noise_seldom_drifts_and_a_drift_beneath_noise_is_found()
    {
        Random random = new(1);
        int noise = 0, drift = 0;
        for (int run = 0; run < 200; run++)
        {
            noise += Drift.Of([.. Enumerable.Range(0, 60).Select(_ => 100 + (20 * random.NextDouble()))]).Exceeds(0) ? 1 : 0;
            drift += Drift.Of([.. Enumerable.Range(0, 60).Select(i => 100 + (20 * random.NextDouble()) + (0.3 * i))]).Exceeds(0.05) ? 1 : 0;
        }

        Assert.InRange(noise, 0, 8);
        Assert.InRange(drift, 195, 200);
    }

    [Fact]
    public void What_shrinks_does_not_drift() =>
        Assert.False(Drift.Of([.. Enumerable.Range(0, 20).Select(i => 100.0 - i)]).Exceeds(0));
}
