using Inference.Scheduling;
using Inference.Simulation.Costs;
using Inference.Simulation.Measurement;
using Inference.Simulation.Routing;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Tests;

/// <summary>Small simulations in which every step takes one second.</summary>
internal static class Simulated
{
    public const long Second = 1_000_000_000;

    public static CostModel OneSecond { get; } = new LinearCost(1, 0, 0, 0, 0);

    public static EngineShape Shape(SchedulerOptions? options = null, int cacheTokens = 1 << 16) => new(options ?? new(), cacheTokens);

    /// <summary>Runs requests on one engine and lists, for each step, its slices.</summary>
    public static (RunSummary Summary, List<(int Serial, int Start, int Count)[]> Steps) Run(EngineShape shape, params TraceRequest[] requests)
    {
        RunMetrics metrics = new(new ServiceObjective(double.MaxValue, double.MaxValue));
        Cluster cluster = new(1, shape, OneSecond, new RoundRobinRouter(), metrics);
        List<(int, int, int)[]> steps = [];
        cluster.Engines[0].Planned = (plan, _) => steps.Add([.. plan.Slices.ToArray().Select(slice => ((int)slice.Sequence.Id, slice.Start, slice.Count))]);
        cluster.Run(requests);
        Assert.Equal(cluster.Engines[0].Pool.BlockCount, cluster.Engines[0].Pool.FreeCount);
        return (metrics.Summarize(1), steps);
    }
}
