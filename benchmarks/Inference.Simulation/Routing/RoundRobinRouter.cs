using Inference.Simulation.Workloads;

namespace Inference.Simulation.Routing;

/// <summary>One engine after the other.</summary>
internal sealed class RoundRobinRouter : Router
{
    private int _next;

    public override int Choose(TraceRequest request, ReadOnlySpan<SimulatedEngine> engines) => _next++ % engines.Length;
}
