using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>Lets waiting sequences run: who comes next, whether it fits, and what is written down about it.</summary>
/// <remarks>
/// A sequence gets the blocks for all its known tokens at once, and never unless one more is free that it may need next: it can
/// finish its prompt. One whose turn it is and that does not fit keeps its turn; nobody passes it.
/// </remarks>
internal sealed class AdmissionControl(SchedulerOptions options, BlockPool pool, RunningSet running, WaitingQueue waiting, FairShare shares, BatchGate gate, GrowthReserve reserve, Preemption preemption)
{
    private readonly int _maxRunning = Math.Min(options.MaxSequences, options.MaxTokensPerStep);
    private long _admissions;

    /// <summary>Admits what the rest of the step has room for.</summary>
    public void Admit(StepPlan plan, long now)
    {
        gate.Update(running.Sequences, waiting.Sequences);
        if (waiting.Count == 0)
            return;

        reserve.Assess(running.Sequences);
        int held = 0;
        while (plan.TokenCount < options.MaxTokensPerStep && HasPlace(plan) && waiting.Next(plan.Step) is { } sequence)
        {
            if (!sequence.IsOverdue && (sequence.AwaitsOrigin || running.IsComputing(sequence, pool)))
            {
                sequence.HeldStep = plan.Step;
                if (++held == options.PrefixWindow)
                    return;
                continue;
            }

            if (!options.ChunkedPrefill && sequence.Length - (sequence.Table.Match(pool, sequence.Tokens).Blocks * pool.BlockSize) > options.MaxTokensPerStep - plan.TokenCount)
                return;
            while (running.Count == _maxRunning || !reserve.Fits(sequence, alone: running.Count == 0))
            {
                // A reader that stopped must not keep others out. Who does not fit even so keeps its turn.
                if (!preemption.TakeFromIdle(plan))
                {
                    gate.Close();
                    return;
                }

                reserve.Assess(running.Sequences);
            }

            Start(sequence, plan, now);
            plan.Add(sequence, Math.Min(sequence.Distance, options.MaxTokensPerStep - plan.TokenCount));
        }
    }

    // Before any queue is searched: with many waiting and no place, which is how a busy engine spends its days, that is all.
    private bool HasPlace(StepPlan plan)
    {
        if (running.Count < _maxRunning || running.Victim(requester: null, plan.Step) is not null)
            return true;
        gate.Close();
        return false;
    }

    private void Start(Sequence sequence, StepPlan plan, long now)
    {
        waiting.Remove(sequence);
        bool first = sequence.Admitted == 0;
        sequence.Admitted = ++_admissions;
        waiting.NotePassedBy(sequence);
        sequence.State = SequenceState.Running;
        sequence.Computed = sequence.Table.Attach(pool, sequence.Tokens) * pool.BlockSize;
        if (sequence.Table.Inherit(pool, sequence.Length) is { } copy)
        {
            plan.Add(copy);
            sequence.Computed += copy.Positions;
        }

        sequence.Origin = null;
        running.Add(sequence);
        gate.Join(sequence);
        reserve.Add(sequence);
        TenantAccount account = sequence.Account!;
        account.Running++;
        if (!first)
        {
            reserve.NoteReturned(sequence);
            return;
        }

        sequence.FirstScheduled = now;
        sequence.CachedTokens = sequence.Computed;
        shares.LeaveQueue(account);
        FairShare.ChargePrompt(account, sequence.Distance);
    }
}
