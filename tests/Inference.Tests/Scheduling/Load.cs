using Inference.KvCache;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>Many requests at once on a scheduler without the checks of <see cref="SimulatedEngine"/>: for what only shows at size.</summary>
internal sealed class Load
{
    private readonly Dictionary<Sequence, int> _ends = [];
    private int _ids;
    private long _owed;

    public Load(SchedulerOptions options, int blocks, int blockSize, bool prefixCaching = true)
    {
        Pool = new BlockPool(blocks, blockSize, prefixCaching);
        Scheduler = new Scheduler(options, Pool);
    }

    public Scheduler Scheduler { get; }

    public BlockPool Pool { get; }

    /// <summary>Tokens computed so far.</summary>
    public long Computed { get; private set; }

    public long Steps { get; private set; }

    /// <param name="prompt">Tokens of the prompt; its text is unlike any other's.</param>
    /// <param name="output">Tokens after which it ends by itself.</param>
    /// <param name="maxOutput">Tokens it might have come to, for all the scheduler knows.</param>
    public Sequence Submit(int prompt, int output, int maxOutput, string? tenant = null, int priority = 0)
    {
        int id = _ids++;
        Sequence sequence = new(id, [.. Enumerable.Range(id * 100_000, prompt)], prompt + maxOutput) { Tenant = tenant, Priority = priority };
        Assert.Equal(Admission.Accepted, Scheduler.TryEnqueue(sequence));
        _ends.Add(sequence, prompt + output);
        return sequence;
    }

    public StepPlan Step()
    {
        StepPlan plan = Scheduler.Plan(Steps);
        Scheduler.Commit(plan);
        Computed += plan.TokenCount;
        Steps++;
        foreach (PlannedSlice slice in plan.Slices)
        {
            if (!slice.WantsLogits)
                continue;
            Scheduler.Append(slice.Sequence, slice.Start);
            if (slice.Sequence.Length < _ends[slice.Sequence])
                continue;
            Scheduler.Finish(slice.Sequence);
            _owed += slice.Sequence.Length - 1 - slice.Sequence.CachedTokens;
            _ends.Remove(slice.Sequence);
        }

        return plan;
    }

    public void Run(int maxSteps)
    {
        while (_ends.Count > 0)
        {
            Assert.True(Steps < maxSteps, $"{_ends.Count} have not ended after {maxSteps} steps.");
            Step();
        }

        Assert.Equal(Pool.BlockCount, Pool.FreeCount);
        // Every token once, but for the last of each, which nobody asks to go on from, and for what was lost.
        Assert.Equal(_owed + Scheduler.RecomputedTokens, Computed);
    }
}
