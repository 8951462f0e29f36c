using Inference.Simulation.Workloads;

namespace Inference.Simulation.Routing;

/// <summary>The engine that was given the longest prefix of the prompt last, unless it is loaded far above the others; then the least loaded.</summary>
/// <remarks>
/// The bound on the load is that of Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads (SODA 2018). The router
/// remembers where prefixes went, not what caches still hold.
/// </remarks>
internal sealed class PrefixRouter : Router
{
    /// <summary>How far above the mean an engine's load may be before it gets no more for the sake of prefixes.</summary>
    private const double Bound = 1.25;

    private readonly Dictionary<int, int> _engineOfPrefix = [];

    public override int Choose(TraceRequest request, ReadOnlySpan<SimulatedEngine> engines)
    {
        int choice = -1;
        for (int i = request.PrefixIds.Count - 1; i >= 0 && choice < 0; i--)
        {
            if (_engineOfPrefix.TryGetValue(request.PrefixIds[i], out int engine))
                choice = engine;
        }

        if (choice < 0 || IsOverloaded(engines[choice], request, engines))
            choice = LeastLoaded(engines);
        foreach (int id in request.PrefixIds)
            _engineOfPrefix[id] = choice;
        return choice;
    }

    // The request itself counts as load of the mean, so that an idle cluster is not overloaded by its first request.
    private static bool IsOverloaded(SimulatedEngine engine, TraceRequest request, ReadOnlySpan<SimulatedEngine> engines)
    {
        long total = 0;
        foreach (SimulatedEngine one in engines)
            total += one.Load;
        return engine.Load > (Bound * total / engines.Length) + request.PromptTokens;
    }
}
