using System.Runtime.InteropServices;
using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>The sequences that hold no blocks, and the order in which they are admitted.</summary>
/// <remarks>
/// Overdue ones by arrival; then by priority, preempted ones first, the tenant served least, arrival. It is searched anew at every
/// admission, since what has been served changes with every token.
/// </remarks>
internal sealed class WaitingQueue(SchedulerOptions options, BlockPool pool, BatchGate gate, GrowthReserve reserve)
{
    // In order of arrival.
    private readonly List<Sequence> _sequences = [];
    private int _new;

    public int Count => _sequences.Count;

    public bool IsFull => _new >= options.MaxQueuedSequences;

    public ReadOnlySpan<Sequence> Sequences => CollectionsMarshal.AsSpan(_sequences);

    /// <summary>Whether one of them is not paused.</summary>
    public bool HasWork
    {
        get
        {
            foreach (Sequence sequence in Sequences)
            {
                if (!sequence.IsPaused)
                    return true;
            }

            return false;
        }
    }

    public long EarliestDeadline
    {
        get
        {
            long earliest = long.MaxValue;
            foreach (Sequence sequence in Sequences)
                earliest = Math.Min(earliest, sequence.Deadline);
            return earliest;
        }
    }

    /// <summary>Adds a sequence, new or preempted.</summary>
    public void Add(Sequence sequence)
    {
        _sequences.Insert(IndexOf(sequence), sequence);
        if (sequence.Admitted == 0)
            _new++;
        sequence.IsOverdue |= sequence.Bypasses >= options.MaxBypasses;
    }

    public void Remove(Sequence sequence)
    {
        _sequences.RemoveAt(IndexOf(sequence));
        sequence.LastSeen = Sequence.Unseen;
        if (sequence.Admitted == 0)
            _new--;
    }

    /// <summary>Notes against the starvation bound that the admitted sequence passed those who came before it, of each tenant the first.</summary>
    public void NotePassedBy(Sequence admitted)
    {
        foreach (Sequence waiting in Sequences)
        {
            if (waiting.Arrival > admitted.Arrival)
                break;
            if (!MayRun(waiting) || waiting.Account!.PassedBy == admitted.Admitted)
                continue;
            waiting.Account.PassedBy = admitted.Admitted;
            waiting.IsOverdue |= ++waiting.Bypasses >= options.MaxBypasses;
        }
    }

    /// <summary>The sequence to admit next, those held back in this step left out unless overdue; null if there is none.</summary>
    public Sequence? Next(long step)
    {
        Sequence? first = null;
        foreach (Sequence sequence in Sequences)
        {
            if (IsCandidate(sequence, step) && (first is null || Precedes(sequence, first)))
                first = sequence;
        }

        return first is null || first.IsOverdue || first.Admitted > 0 || options.PrefixWindow == 1 || !pool.PrefixCaching
            ? first
            : LongestPrefix(first, step);
    }

    private Sequence LongestPrefix(Sequence first, long step)
    {
        Sequence best = first;
        int longest = first.Table.Match(pool, first.Tokens).Blocks;
        int window = options.PrefixWindow;
        foreach (Sequence sequence in Sequences)
        {
            if (!IsCandidate(sequence, step) || sequence.Admitted > 0 || sequence.EffectivePriority != first.EffectivePriority || sequence.Account != first.Account)
                continue;

            int blocks = sequence.Table.Match(pool, sequence.Tokens).Blocks;
            // One that does not fit must not stop one that may.
            if (blocks > longest && reserve.Fits(sequence, alone: false))
                (best, longest) = (sequence, blocks);
            if (--window == 0)
                break;
        }

        return best;
    }

    private bool MayRun(Sequence sequence) => !sequence.IsIdle && !sequence.Account!.IsAtLimit && gate.Admits(sequence);

    // One that was held back may have become overdue since, in the same step.
    private bool IsCandidate(Sequence sequence, long step) => MayRun(sequence) && (sequence.HeldStep != step || sequence.IsOverdue);

    private int IndexOf(Sequence sequence)
    {
        int low = 0, high = _sequences.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_sequences[middle].Arrival < sequence.Arrival)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static bool Precedes(Sequence a, Sequence b)
    {
        if (a.IsOverdue || b.IsOverdue || a.EffectivePriority != b.EffectivePriority)
            return a.Outranks(b);
        bool returning = a.Admitted > 0;
        if (returning != b.Admitted > 0)
            return returning;
        if (!returning && a.Account!.Served != b.Account!.Served)
            return a.Account.Served < b.Account.Served;
        return a.Arrival < b.Arrival;
    }
}
