using FsCheck;
using FsCheck.Fluent;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class WasteTests
{
    /// <summary>Two hundred requests at once with a cache for a twentieth of their tokens.</summary>
    private static Load Run(int seed, double maxWaste)
    {
        Random random = new(seed);
        int slack = random.Next(1, 6);
        (int Prompt, int Output)[] requests = [.. Enumerable.Range(0, 200).Select(_ => (random.Next(2, 120), (int)Math.Exp(random.NextDouble() * 5.5) + 1))];
        int demand = requests.Sum(one => one.Prompt + one.Output);
        int blocks = demand / 20 / 8;
        Load load = new(new() { MaxSequences = 128, MaxWaste = maxWaste }, blocks, 8, prefixCaching: random.Next(2) == 0);
        foreach ((int prompt, int output) in requests)
            load.Submit(prompt, output, Math.Min(output * slack, (blocks * 8) - prompt), priority: random.Next(3) / 2);
        load.Run(100_000);
        return load;
    }

    [Fact]
    public void Under_a_tenth_is_computed_twice_with_a_cache_for_a_twentieth_of_the_demand() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            Load load = Run(seed, new SchedulerOptions().MaxWaste);
            double share = (double)load.Scheduler.RecomputedTokens / load.Computed;
            Assert.True(share < 0.1, $"{share:P1} was computed twice.");
        }).Check(SchedulerPropertyTests.Deterministic(100, 21));

    [Fact]
    public void Without_a_reserve_it_is_more()
    {
        Load with = Run(1, new SchedulerOptions().MaxWaste), without = Run(1, maxWaste: 1e9);
        Assert.True(without.Scheduler.RecomputedTokens > 4 * with.Scheduler.RecomputedTokens);
        Assert.True((double)without.Scheduler.RecomputedTokens / without.Computed > 0.1);
    }

    [Fact]
    public void Nothing_is_reserved_before_anything_is_lost()
    {
        Load load = new(new(), blocks: 8, blockSize: 4);
        Sequence[] all = [.. Enumerable.Range(0, 4).Select(_ => load.Submit(3, 10, 29))];
        load.Step();
        Assert.All(all, one => Assert.Equal(SequenceState.Running, one.State));
    }
}
