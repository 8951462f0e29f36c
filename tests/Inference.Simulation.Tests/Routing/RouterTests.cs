using Inference.Simulation.Measurement;
using Inference.Simulation.Routing;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Tests.Routing;

public class RouterTests
{
    private static readonly SimulatedDevice _device = new(Simulated.OneSecond);

    private static SimulatedEngine[] Engines(params long[] loads) => [.. loads.Select((load, i) =>
    {
        SimulatedEngine engine = new(i, Simulated.Shape(), _device, new RunMetrics(new ServiceObjective(1, 1)));
        engine.Submit(new RequestRun(new TraceRequest(0, 1, 1), i, 0) { Load = load });
        return engine;
    })];

    private static TraceRequest Request(params int[] ids) => new(0, Math.Max(1, ids.Length * 512), 1) { PrefixIds = ids };

    [Fact]
    public void Round_robin_goes_round()
    {
        RoundRobinRouter router = new();
        SimulatedEngine[] engines = Engines(9, 0, 5);
        Assert.Equal([0, 1, 2, 0], Enumerable.Range(0, 4).Select(_ => router.Choose(Request(), engines)));
    }

    [Fact]
    public void The_least_loaded_engine_is_chosen_the_first_of_equals() =>
        Assert.Equal(1, new LeastLoadedRouter().Choose(Request(), Engines(9, 2, 5, 2)));

    [Fact]
    public void A_prefix_goes_where_its_longest_part_went()
    {
        PrefixRouter router = new();
        Assert.Equal(1, router.Choose(Request(1, 2), Engines(5, 0, 5)));
        Assert.Equal(2, router.Choose(Request(3), Engines(5, 5, 0)));
        Assert.Equal(1, router.Choose(Request(1, 2, 4), Engines(0, 5, 5)));
        Assert.Equal(1, router.Choose(Request(1, 9), Engines(0, 5, 5)));
        Assert.Equal(2, router.Choose(Request(3, 10), Engines(0, 5, 5)));
        Assert.Equal(0, router.Choose(Request(77), Engines(0, 5, 5)));
    }

    [Fact]
    public void An_engine_loaded_far_above_the_others_gets_no_more_for_the_sake_of_prefixes()
    {
        PrefixRouter router = new();
        Assert.Equal(0, router.Choose(Request(1), Engines(0, 0)));
        Assert.Equal(1, router.Choose(Request(1), Engines(100_000, 1000)));
        // And stays there.
        Assert.Equal(1, router.Choose(Request(1), Engines(0, 0)));
    }
}
