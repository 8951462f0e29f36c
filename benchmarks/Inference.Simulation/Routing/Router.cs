using Inference.Simulation.Workloads;

namespace Inference.Simulation.Routing;

/// <summary>Decides which engine gets a request. Deterministic; sees open requests, not the future.</summary>
internal abstract class Router
{
    /// <summary>All kinds, by what the command line calls them.</summary>
    public static IReadOnlyDictionary<string, Func<Router>> Kinds { get; } = new Dictionary<string, Func<Router>>
    {
        ["round-robin"] = () => new RoundRobinRouter(),
        ["least-loaded"] = () => new LeastLoadedRouter(),
        ["prefix"] = () => new PrefixRouter(),
    };

    /// <summary>The index of the engine that gets the request.</summary>
    public abstract int Choose(TraceRequest request, ReadOnlySpan<SimulatedEngine> engines);

    /// <summary>The first of those with the least load.</summary>
    protected static int LeastLoaded(ReadOnlySpan<SimulatedEngine> engines)
    {
        int least = 0;
        for (int i = 1; i < engines.Length; i++)
        {
            if (engines[i].Load < engines[least].Load)
                least = i;
        }

        return least;
    }
}
