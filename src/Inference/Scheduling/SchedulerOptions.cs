namespace Inference.Scheduling;

/// <summary>The limits of a <see cref="Scheduler"/>.</summary>
internal sealed record SchedulerOptions
{
    /// <summary>The most tokens computed in one step; at least 1.</summary>
    public int MaxTokensPerStep { get; init; } = 512;

    /// <summary>The most sequences that hold blocks at once; at least 1. No more than <see cref="MaxTokensPerStep"/> ever do, so that each one that decodes gets its token in every step.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>The most sequences that wait for their first admission; at least 1. Preempted ones do not count.</summary>
    public int MaxQueuedSequences { get; init; } = 1024;

    /// <summary>
    /// The starvation bound, 0 or more: a waiting sequence that is not paused sees at most so many later arrivals admitted before it,
    /// whatever their priority, tenant or cached prefix. After that it is overdue: nothing but earlier overdue ones is admitted
    /// before it, and only those may preempt it. 0 makes admission strictly first come, first served.
    /// </summary>
    public int MaxBypasses { get; init; } = 64;

    /// <summary>
    /// How far admission looks for the sake of shared prefixes, at least 1: a longer cached prefix lets a sequence jump ahead of at
    /// most so many less one of its priority and tenant, and at most so many are held back in a step because what they need is
    /// being computed. 1 means no jumps.
    /// </summary>
    public int PrefixWindow { get; init; } = 8;

    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokensPerStep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueuedSequences, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxBypasses);
        ArgumentOutOfRangeException.ThrowIfLessThan(PrefixWindow, 1);
    }
}
