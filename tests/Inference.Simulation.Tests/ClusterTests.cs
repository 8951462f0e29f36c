using FsCheck;
using FsCheck.Fluent;
using Inference.Scheduling;
using Inference.Simulation.Measurement;
using Inference.Simulation.Costs;
using Inference.Simulation.Routing;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Tests;

public class ClusterTests
{
    private static readonly ServiceObjective _objective = new(1, 0.1);
    private static readonly CostModel _cost = Machine.Find("h100-8b").Cost;

    private static TraceRequest[] Requests(int seed, int count, double rate)
    {
        Random random = new(seed);
        long time = 0;
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            time += (long)(random.NextDouble() * 2e9 / rate);
            int prompt = random.Next(1, 2000), family = random.Next(5);
            int[] ids = random.Next(2) == 0 ? [] : [.. Enumerable.Range(0, (prompt + 511) / 512).Select(i => (family * 10) + i)];
            return new TraceRequest(time, prompt, random.Next(1, 200)) { PrefixIds = ids, Tenant = random.Next(2) == 0 ? "a" : "b", Priority = random.Next(2) };
        })];
    }

    private static RunSummary Run(int engines, string router, EngineShape shape, IEnumerable<TraceRequest> requests)
    {
        RunMetrics metrics = new(_objective);
        Cluster cluster = new(engines, shape, _cost, Router.Kinds[router](), metrics);
        cluster.Run(requests);
        Assert.All(cluster.Engines, engine => Assert.Equal((0, 0L, engine.Pool.BlockCount), (engine.Open, engine.Load, engine.Pool.FreeCount)));
        return metrics.Summarize(engines);
    }

    [Theory]
    [InlineData("round-robin")]
    [InlineData("least-loaded")]
    [InlineData("prefix")]
    public void The_same_run_gives_the_same_figures(string router)
    {
        TraceRequest[] requests = Requests(1, 400, 40);
        Assert.Equal(Run(7, router, Simulated.Shape(), requests), Run(7, router, Simulated.Shape(), requests));
    }

    [Fact]
    public void Every_request_ends_with_all_its_tokens_or_a_refusal()
    {
        Gen<(int, int, int, int, int)> cases =
            from seed in Gen.Choose(0, 1_000_000)
            from engines in Gen.Choose(1, 4)
            from router in Gen.Choose(0, Router.Kinds.Count - 1)
            from cache in Gen.Choose(500, 20_000)
            from sequences in Gen.Choose(1, 20)
            select (seed, engines, router, cache, sequences);
        Prop.ForAll(Arb.From(cases), one =>
        {
            (int seed, int engines, int router, int cache, int sequences) = one;
            TraceRequest[] requests = Requests(seed, 30, 1 + (seed % 100));
            SchedulerOptions options = new() { MaxSequences = sequences, MaxTokensPerStep = 64 + (seed % 500), MaxQueuedSequences = 1 + (seed % 9) };
            RunSummary summary = Run(engines, Router.Kinds.Keys.ElementAt(router), Simulated.Shape(options, cache), requests);
            // Blocks are whole.
            int fit = cache / 16 * 16;
            TraceRequest[] fitting = [.. requests.Where(request => request.PromptTokens + request.OutputTokens <= fit)];
            Assert.Equal((fitting.Length, requests.Length - fitting.Length), (summary.Requests, summary.Refused));
            Assert.Equal(fitting.Sum(request => request.OutputTokens), summary.TokensPerSecond * summary.Seconds, 0.01);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(1, 1));
    }

    [Fact]
    public void Engines_do_not_disturb_each_other()
    {
        TraceRequest[] requests = Requests(3, 200, 10);
        RunSummary both = Run(2, "round-robin", Simulated.Shape(), requests);
        RunSummary[] each = [.. Enumerable.Range(0, 2).Select(i => Run(1, "round-robin", Simulated.Shape(), requests.Where((_, at) => at % 2 == i)))];
        Assert.Equal(each.Sum(one => one.Steps), both.Steps);
        Assert.Equal(each.Max(one => one.FirstToken.P99), both.FirstToken.P99, each.Max(one => one.FirstToken.P99) * 0.5);
        Assert.Equal(each.Sum(one => one.Seconds * one.BusyShare), both.BusyShare * both.Seconds * 2, 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public void Closed_loop_keeps_so_many_requests_open(int callers)
    {
        RunMetrics metrics = new(_objective);
        Cluster cluster = new(1, Simulated.Shape(), Simulated.OneSecond, new RoundRobinRouter(), metrics);
        HashSet<int> open = [];
        cluster.Engines[0].Planned = (_, time) =>
        {
            if (time < 100 * Simulated.Second)
                open.Add(cluster.Engines[0].Open);
        };
        cluster.RunClosed(Enumerable.Repeat(new TraceRequest(0, 5, 4), 100_000), callers, 100 * Simulated.Second);
        Assert.Equal([callers], open);
        // Each takes four seconds, and all start together.
        Assert.Equal(25 * callers, metrics.Ended);
    }
}
