using Inference.Scheduling;

namespace Inference.Simulation;

/// <summary>How a simulated engine is set up.</summary>
/// <param name="Scheduling">The scheduler's limits. What its queue does not take waits in front of it, first come, first served.</param>
/// <param name="CacheTokens">Positions that the key-value cache holds.</param>
internal sealed record EngineShape(SchedulerOptions Scheduling, int CacheTokens)
{
    public int BlockSize { get; init; } = 16;

    public bool PrefixCaching { get; init; } = true;
}
