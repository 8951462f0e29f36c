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
        CheckAdmissions(options, pool);
        CheckProgress(plan, pool);
    }

    private bool IsIdle(Sequence sequence) => sequence.IsPaused || sequence.Deadline <= _now;

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

    private void CheckAdmissions(SchedulerOptions options, BlockPool pool)
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
            foreach (SimulatedSequence other in _live)
            {
                bool waited = _before[other.Sequence].State == SequenceState.Waiting && !IsIdle(other.Sequence)
                    && (other.Sequence.State == SequenceState.Waiting || other.Sequence.Admitted > sequence.Admitted);
                if (waited && other.Sequence.Arrival < sequence.Arrival)
                {
                    other.Bypasses++;
                    Assert.True(other.Bypasses <= options.MaxBypasses, $"Sequence {other.Sequence.Id} was passed {other.Bypasses} times.");
                }
            }
        }
    }

    private void CheckProgress(StepPlan plan, BlockPool pool)
    {
        bool work = false;
        foreach (SimulatedSequence one in _live)
        {
            Sequence sequence = one.Sequence;
            if (IsIdle(sequence))
                continue;

            (SequenceState state, int distance, _, _) = _before[sequence];
            work |= distance > 0;
            // A stream is kept waiting for want of a block only.
            if (state == SequenceState.Running && distance == 1 && sequence.State == SequenceState.Running && sequence.Blocks.Length == pool.BlocksFor(sequence.Length))
                Assert.Contains(plan.Slices.ToArray(), slice => slice.Sequence == sequence);
        }

        Assert.True(!work || plan.TokenCount > 0, "There is work, and nothing was planned.");
    }
}
