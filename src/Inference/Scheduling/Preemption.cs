using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>Takes blocks from running sequences for those that outrank them.</summary>
internal sealed class Preemption(BlockPool pool, RunningSet running, WaitingQueue waiting, GrowthReserve reserve)
{
    /// <summary>Gets the block for the token appended last, if it is the first of a block.</summary>
    /// <returns>False where there is none to be had: the sequence keeps what it has and waits for those that outrank it.</returns>
    public bool MakeRoom(Sequence sequence, StepPlan plan)
    {
        if (sequence.Blocks.Length == pool.BlocksFor(sequence.Length))
            return true;

        while (pool.FreeCount == 0)
        {
            if (running.Victim(sequence, plan.Step) is not { } victim)
                return false;
            Take(victim, plan);
        }

        sequence.Table.Grow(pool);
        return true;
    }

    /// <summary>Takes all blocks of an idle sequence, whatever its rank, and drops it from those that run.</summary>
    /// <returns>False where none is idle.</returns>
    public bool TakeFromIdle(StepPlan plan)
    {
        if (running.Victim(requester: null, plan.Step) is not { } victim)
            return false;
        Take(victim, plan);
        running.Sweep();
        return true;
    }

    private void Take(Sequence victim, StepPlan plan)
    {
        reserve.NotePreempted(victim);
        victim.Table.Release(pool);
        victim.Computed = 0;
        victim.Preemptions++;
        victim.State = SequenceState.Waiting;
        if (!victim.IsPaused)
            victim.Account!.Running--;
        waiting.Add(victim);
        plan.AddPreempted(victim);
    }
}
