namespace Inference.Scheduling;

/// <summary>What one tenant may have of an engine. Immutable.</summary>
public sealed record TenantOptions
{
    /// <summary>The tenant's share, relative to those of others who have requests waiting: 0.001 to 1000; 1 by default.</summary>
    /// <remarks>Shares are of tokens: a computed prompt token counts 1, an output token 2. They hold within one priority.</remarks>
    public double Weight { get; init; } = 1;

    /// <summary>The most requests of the tenant that run at the same time, at least 1; others wait. Null: no limit but the engine's.</summary>
    /// <remarks>A request whose reader is behind and which therefore pauses does not count; one that goes on after a pause does so at once, beyond the limit if need be.</remarks>
    public int? MaxRunning { get; init; }

    /// <summary>The most requests of the tenant that wait, at least 1; more are refused at once. Null: no limit but the engine's.</summary>
    public int? MaxQueued { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        if (Weight is not (>= 0.001 and <= 1000))
            throw new ArgumentOutOfRangeException(nameof(Weight), Weight, "Weight must be from 0.001 to 1000.");
        if (MaxRunning is < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxRunning), MaxRunning, "MaxRunning must be at least 1.");
        if (MaxQueued is < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxQueued), MaxQueued, "MaxQueued must be at least 1.");
    }
}
