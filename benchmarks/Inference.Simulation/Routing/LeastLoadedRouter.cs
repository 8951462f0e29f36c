using Inference.Simulation.Workloads;

namespace Inference.Simulation.Routing;

/// <summary>The engine whose open requests have the fewest tokens.</summary>
internal sealed class LeastLoadedRouter : Router
{
    public override int Choose(TraceRequest request, ReadOnlySpan<SimulatedEngine> engines) => LeastLoaded(engines);
}
