using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;
using static Inference.Simulation.Tests.Simulated;

namespace Inference.Simulation.Tests;

public class SimulatedEngineTests
{
    [Fact]
    public void Times_are_those_of_the_definitions()
    {
        // The first runs from 0 to 4: a prompt and three more tokens. The second comes during the second step, and waits for its end.
        (RunSummary summary, List<(int, int, int)[]> steps) = Run(Shape(), new TraceRequest(0, 10, 4), new TraceRequest(3 * Second / 2, 5, 2));
        Assert.Equal([[(0, 0, 10)], [(0, 10, 1)], [(0, 11, 1), (1, 0, 5)], [(0, 12, 1), (1, 5, 1)]], steps);
        Assert.Equal((2, 4.0, 0.5, 1.5), (summary.Requests, summary.Seconds, summary.RequestsPerSecond, summary.TokensPerSecond));
        Assert.Equal(new Quantiles(1, 1.5, 1.5), summary.FirstToken);
        Assert.Equal(new Quantiles(0, 0.5, 0.5), summary.Queue);
        Assert.Equal(1, summary.PerToken.P99);
        Assert.Equal(1, summary.Gap.P50, 0.01);
        Assert.Equal((4, 1.0), (summary.Steps, summary.BusyShare));
    }

    [Fact]
    public void Idle_time_is_skipped_and_not_busy()
    {
        (RunSummary summary, _) = Run(Shape(), new TraceRequest(0, 10, 1), new TraceRequest(9 * Second, 10, 1));
        Assert.Equal((10.0, 0.2), (summary.Seconds, summary.BusyShare));
        Assert.Equal(1, summary.FirstToken.P99);
    }

    [Fact]
    public void Requests_that_arrive_together_start_together()
    {
        (_, List<(int, int, int)[]> steps) = Run(Shape(), [.. Enumerable.Repeat(new TraceRequest(5, 3, 1), 4)]);
        Assert.Single(steps);
        Assert.Equal(4, steps[0].Length);
    }

    [Fact]
    public void Shared_prefixes_are_computed_once_and_counted_as_hits()
    {
        TraceRequest Chat(long arrival) => new(arrival, 1024 + 10, 1) { PrefixIds = [1, 2, (int)(3 + arrival)] };
        (RunSummary summary, List<(int, int, int)[]> steps) = Run(Shape(new() { MaxTokensPerStep = 4096 }), Chat(0), Chat(1));
        Assert.Equal([[(0, 0, 1034)], [(1, 1024, 10)]], steps);
        Assert.Equal(1024.0 / (2 * 1034), summary.HitShare);
    }

    [Fact]
    public void What_is_computed_again_after_a_preemption_is_counted()
    {
        // Room for 6 blocks of 16; both need 4 at their ends.
        Inference.Simulation.EngineShape shape = Shape(cacheTokens: 96) with { PrefixCaching = false };
        (RunSummary summary, List<(int Serial, int Start, int Count)[]> steps) = Run(shape, new TraceRequest(0, 30, 30), new TraceRequest(0, 30, 30));
        int computed = steps.Sum(step => step.Sum(slice => slice.Count));
        Assert.True(summary.Preemptions > 0);
        Assert.Equal((double)(computed - (2 * 59)) / computed, summary.RecomputedShare);
        Assert.Equal(2, summary.Requests);
    }

    [Fact]
    public void What_can_never_fit_is_refused_and_the_others_go_on()
    {
        (RunSummary summary, _) = Run(Shape(cacheTokens: 64), new TraceRequest(0, 60, 5), new TraceRequest(0, 60, 4));
        Assert.Equal((1, 1), (summary.Requests, summary.Refused));
    }

    [Fact]
    public void A_full_queue_makes_requests_wait_in_front_of_it()
    {
        (RunSummary summary, List<(int Serial, int Start, int Count)[]> steps) = Run(Shape(new() { MaxQueuedSequences = 2, MaxSequences = 1 }), [.. Enumerable.Repeat(new TraceRequest(0, 3, 2), 9)]);
        Assert.Equal(9, summary.Requests);
        Assert.Equal(Enumerable.Range(0, 9).SelectMany(i => new[] { i, i }), steps.Select(step => step.Single().Serial));
    }
}
