namespace Inference.Scheduling;

/// <summary>The limits of a <see cref="Scheduler"/>. Times are in the units of the clock that <see cref="Scheduler.Plan"/> is given.</summary>
internal sealed record SchedulerOptions
{
    /// <summary>The most tokens computed in one step; at least 1.</summary>
    public int MaxTokensPerStep { get; init; } = 512;

    /// <summary>The most sequences that hold blocks at once; at least 1. No more than <see cref="MaxTokensPerStep"/> ever do, so that each one that decodes gets its token in every step.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>The most sequences that wait for their first admission; at least 1. Preempted ones do not count.</summary>
    public int MaxQueuedSequences { get; init; } = 1024;

    /// <summary>
    /// The starvation bound b, 0 or more. Of every tenant, the waiting sequence that came first sees at most b admissions of later
    /// arrivals, whatever their priority, tenant or cached prefix; then it is overdue: nothing but earlier overdue ones is admitted
    /// before it, and only those may preempt it. So a sequence that arrives when e others have not ended, k of them its own tenant's,
    /// is admitted after at most e + (k + 1) b others have run, that is, after (e + (k + 1) b) l tokens where each has at most l, and
    /// what preemptions compute again of them. What happens while it is paused or kept waiting by its tenant's own limit or by a batch
    /// that is not continuous is not counted. 0 makes admission strictly first come, first served.
    /// </summary>
    /// <remarks>It counts for the first of each tenant alone, since a tenant that floods the queue would otherwise soon have nothing but overdue ones in it.</remarks>
    public int MaxBypasses { get; init; } = 64;

    /// <summary>
    /// How far admission looks for the sake of shared prefixes, at least 1: a longer cached prefix lets a sequence jump ahead of at
    /// most so many less one of its priority and tenant, and at most so many are held back in a step because what they need is
    /// being computed. 1 means no jumps.
    /// </summary>
    public int PrefixWindow { get; init; } = 8;

    /// <summary>
    /// A waiting sequence's priority rises by one each time it has waited for so long, at least 1. So one of priority p is passed by
    /// arrivals of priority q > p for at most (q - p + 1) intervals. <see cref="long.MaxValue"/>: never.
    /// </summary>
    public long AgeingInterval { get; init; } = long.MaxValue;

    /// <summary>Weights and limits of tenants.</summary>
    public TenantDirectory Tenants { get; init; } = TenantDirectory.AllEqual;

    /// <summary>When sequences may join those that run.</summary>
    public BatchingMode Batching { get; init; }

    /// <summary>How long <see cref="BatchingMode.Windowed"/> waits for a full batch; 0 or more.</summary>
    public long BatchingWindow { get; init; }

    /// <summary>Whether prompts are cut to what is left of a step. If not, each is computed whole in one step, and only sequences of at most <see cref="MaxTokensPerStep"/> tokens are accepted.</summary>
    public bool ChunkedPrefill { get; init; } = true;

    /// <summary>
    /// The share of all computed tokens, above 0, that preemptions should not waste more than. The nearer it is, the more of the
    /// cache is kept free at admissions for the growth of what runs; at twice the limit all that running sequences may ever need.
    /// </summary>
    public double MaxWaste { get; init; } = 0.1;

    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokensPerStep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxQueuedSequences, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxBypasses);
        ArgumentOutOfRangeException.ThrowIfLessThan(PrefixWindow, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(AgeingInterval, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(BatchingWindow);
        ArgumentNullException.ThrowIfNull(Tenants);
        if (!Enum.IsDefined(Batching))
            throw new ArgumentOutOfRangeException(nameof(Batching), Batching, "Batching must be a defined mode.");
        if (!(MaxWaste > 0))
            throw new ArgumentOutOfRangeException(nameof(MaxWaste), MaxWaste, "MaxWaste must be above 0.");
    }
}
