using Inference.KvCache;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>What was so before a plan, to judge the plan by.</summary>
internal sealed class PlanObservation
{
    private readonly List<SimulatedSequence> _live;
    private readonly long _now;
    private readonly Dictionary<Sequence, (SequenceState State, int Distance, int Cached, long Admitted)> _before = [];

    public PlanObservation(IReadOnlyList<SimulatedSequence> live, long now)
    {
        _live = [.. live];
        _now = now;
        foreach (SimulatedSequence one in live)
            _before.Add(one.Sequence, (one.Sequence.State, one.Sequence.Distance, one.Sequence.CachedTokens, one.Sequence.Admitted));
    }

    public void Check(StepPlan plan, SchedulerOptions options, BlockPool pool)
    {
        CheckSlices(plan, options, pool);
        CheckOrderOfSlices(plan);
        CheckExpired(plan);
        CheckPreempted(plan);
        CheckAdmissions(pool);
        CheckOrderOfAdmissions(options, plan.Step);
        CheckProgress(plan, options, pool);
    }

    public bool WasRunning(Sequence sequence) => _before[sequence].State == SequenceState.Running;

    /// <summary>What was admitted by the plan, in that order.</summary>
    public IEnumerable<SimulatedSequence> Admitted => _live
        .Where(one => _before[one.Sequence].State == SequenceState.Waiting && one.Sequence.State == SequenceState.Running)
        .OrderBy(one => one.Sequence.Admitted);

    public bool IsIdle(Sequence sequence) => sequence.IsPaused || sequence.Deadline <= _now;

    private void CheckSlices(StepPlan plan, SchedulerOptions options, BlockPool pool)
    {
        int tokens = 0;
        HashSet<Sequence> seen = [];
        foreach (PlannedSlice slice in plan.Slices)
        {
            Sequence sequence = slice.Sequence;
            Assert.True(seen.Add(sequence), "A sequence was planned twice.");
            Assert.True(_before.ContainsKey(sequence));
            Assert.Equal(SequenceState.Running, sequence.State);
            Assert.False(IsIdle(sequence));
            Assert.True(slice.Count >= 1);
            Assert.Equal(sequence.Computed, slice.Start);
            Assert.True(slice.Start + slice.Count <= sequence.Length);
            Assert.Equal(slice.Start + slice.Count == sequence.Length, slice.WantsLogits);
            tokens += slice.Count;
            int last = (slice.Start + slice.Count - 1) / pool.BlockSize;
            Assert.True(last < sequence.Blocks.Length);
            for (int block = slice.Start / pool.BlockSize; block <= last; block++)
                Assert.Equal(1, pool.References(sequence.Blocks[block]));
        }

        Assert.Equal(tokens, plan.TokenCount);
        Assert.True(tokens <= options.MaxTokensPerStep);
        Assert.True(plan.Slices.Length <= options.MaxSequences);
    }

    private void CheckOrderOfSlices(StepPlan plan)
    {
        // Decodes, then running prompts, then admissions.
        int stage = 0;
        foreach (PlannedSlice slice in plan.Slices)
        {
            (SequenceState state, int distance, _, _) = _before[slice.Sequence];
            int next = state != SequenceState.Running ? 2 : distance > 1 ? 1 : 0;
            Assert.True(next >= stage);
            stage = next;
        }
    }

    private void CheckExpired(StepPlan plan)
    {
        Sequence[] expected = [.. _live.Select(one => one.Sequence).Where(sequence => sequence.Deadline <= _now).OrderBy(sequence => sequence.Id)];
        Assert.Equal(expected, plan.Expired.ToArray().OrderBy(sequence => sequence.Id));
    }

    private void CheckPreempted(StepPlan plan)
    {
        foreach (Sequence victim in plan.Preempted)
        {
            Assert.Equal(SequenceState.Running, _before[victim].State);
            Assert.Equal(SequenceState.Waiting, victim.State);
            if (IsIdle(victim))
                continue;

            Assert.DoesNotContain(_live, one => one.Sequence.State == SequenceState.Running && IsIdle(one.Sequence));
            Assert.Contains(plan.Slices.ToArray(), slice => slice.Sequence.Outranks(victim));
        }
    }

    private void CheckAdmissions(BlockPool pool)
    {
        foreach (SimulatedSequence one in _live)
        {
            Sequence sequence = one.Sequence;
            (SequenceState state, _, int cached, long admitted) = _before[sequence];
            if (state != SequenceState.Waiting || sequence.State != SequenceState.Running)
            {
                Assert.Equal(cached, sequence.CachedTokens);
                continue;
            }

            Assert.Equal(pool.BlocksFor(sequence.Length), sequence.Blocks.Length);
            Assert.True(sequence.Computed < sequence.Length);
            Assert.Equal(admitted == 0 ? sequence.Computed : cached, sequence.CachedTokens);
        }
    }

    private void CheckOrderOfAdmissions(SchedulerOptions options, long step)
    {
        // Those whose deadline has come count until an admission takes their blocks.
        Dictionary<string, int> most = [], least = [];
        foreach (SimulatedSequence one in _live)
        {
            if (!WasRunning(one.Sequence) || one.Sequence.IsPaused)
                continue;
            most[one.TenantName] = most.GetValueOrDefault(one.TenantName) + 1;
            if (one.Sequence.State == SequenceState.Running)
                least[one.TenantName] = least.GetValueOrDefault(one.TenantName) + 1;
        }

        foreach (SimulatedSequence admitted in Admitted)
        {
            Sequence sequence = admitted.Sequence;
            HashSet<string> passed = [];
            foreach (SimulatedSequence other in _live)
            {
                Sequence waiting = other.Sequence;
                bool waited = _before[waiting].State == SequenceState.Waiting && !IsIdle(waiting)
                    && (waiting.State == SequenceState.Waiting || waiting.Admitted > sequence.Admitted);
                bool atLimit = most.GetValueOrDefault(other.TenantName) >= (options.Tenants[other.TenantName].MaxRunning ?? int.MaxValue);
                if (!waited || atLimit || options.Batching != BatchingMode.Continuous)
                    continue;

                if (!sequence.IsOverdue && !waiting.IsOverdue && waiting.HeldStep != step)
                    Assert.True(waiting.EffectivePriority <= sequence.EffectivePriority, $"Sequence {sequence.Id} was admitted before {waiting.Id} of a higher priority.");
                if (waiting.Arrival > sequence.Arrival)
                    continue;
                if (passed.Add(other.TenantName))
                    Assert.True(++other.Bypasses <= options.MaxBypasses, $"Sequence {waiting.Id} was passed {other.Bypasses} times.");
                if (waiting.FirstScheduled < 0)
                    Assert.True(++other.Passed <= (other.OwnAhead + 1) * (long)options.MaxBypasses, $"Sequence {waiting.Id} with {other.OwnAhead} before it was passed {other.Passed} times.");
            }

            most[admitted.TenantName] = most.GetValueOrDefault(admitted.TenantName) + 1;
            int now = least[admitted.TenantName] = least.GetValueOrDefault(admitted.TenantName) + 1;
            Assert.True(now <= (options.Tenants[admitted.TenantName].MaxRunning ?? int.MaxValue), $"Tenant \"{admitted.TenantName}\" is beyond its limit with {now}.");
        }
    }

    private void CheckProgress(StepPlan plan, SchedulerOptions options, BlockPool pool)
    {
        bool work = false;
        foreach (SimulatedSequence one in _live)
        {
            Sequence sequence = one.Sequence;
            if (IsIdle(sequence))
                continue;

            (SequenceState state, int distance, _, _) = _before[sequence];
            // Who waits for the window, or for a place of its tenant's, need not be planned.
            work |= state == SequenceState.Running ? distance > 0 : options.Batching != BatchingMode.Windowed && options.Tenants[one.TenantName].MaxRunning is null;
            // A stream is kept waiting for want of a block only.
            if (state == SequenceState.Running && distance == 1 && sequence.State == SequenceState.Running && sequence.Blocks.Length == pool.BlocksFor(sequence.Length))
                Assert.Contains(plan.Slices.ToArray(), slice => slice.Sequence == sequence);
        }

        Assert.True(!work || plan.TokenCount > 0, "There is work, and nothing was planned.");
    }
}
