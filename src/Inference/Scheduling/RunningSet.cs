using System.Runtime.InteropServices;
using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>The sequences that hold blocks, in order of rank (<see cref="Sequence.Outranks"/>).</summary>
internal sealed class RunningSet
{
    private readonly List<Sequence> _sequences = [];

    public int Count => _sequences.Count;

    public ReadOnlySpan<Sequence> Sequences => CollectionsMarshal.AsSpan(_sequences);

    /// <summary>Whether one of them is neither paused nor in need of a token from the caller first.</summary>
    public bool HasWork
    {
        get
        {
            foreach (Sequence sequence in Sequences)
            {
                if (!sequence.IsPaused && sequence.Distance > 0)
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

    public void Add(Sequence sequence)
    {
        _sequences.Insert(IndexOf(sequence), sequence);
    }

    /// <summary>Drops one at once.</summary>
    public void Remove(Sequence sequence)
    {
        int i = IndexOf(sequence);
        if (i < _sequences.Count && _sequences[i] == sequence)
            _sequences.RemoveAt(i);
    }

    /// <summary>Drops those that no longer run.</summary>
    public void Sweep() => _sequences.RemoveAll(static sequence => sequence.State != SequenceState.Running);

    /// <summary>Whose blocks to take, or null: idle ones first, then the lowest priority, then the least computed.</summary>
    /// <param name="requester">Who needs a block: one that outranks it gives none unless idle. Null takes from idle ones only.</param>
    /// <param name="step">The step being planned; who has a slice in it keeps its blocks.</param>
    /// <remarks>Since rank is a total order and blocks move up it only, preemptions cannot go round in circles.</remarks>
    public Sequence? Victim(Sequence? requester, long step)
    {
        Sequence? victim = null;
        foreach (Sequence sequence in Sequences)
        {
            bool eligible = sequence.IsIdle || (requester is not null && requester.Outranks(sequence));
            if (eligible && sequence != requester && sequence.State == SequenceState.Running && sequence.PlannedStep != step
                && (victim is null || SuitsBetter(sequence, victim)))
            {
                victim = sequence;
            }
        }

        return victim;
    }

    /// <summary>The first by admission that has more than its last token to compute and no slice yet, or null.</summary>
    /// <remarks>By admission, not by rank: otherwise later arrivals could keep a running prompt from ever being finished.</remarks>
    public Sequence? NextPrompt(long step)
    {
        Sequence? next = null;
        foreach (Sequence sequence in Sequences)
        {
            if (!sequence.IsIdle && sequence.Distance > 1 && sequence.PlannedStep != step && (next is null || sequence.Admitted < next.Admitted))
                next = sequence;
        }

        return next;
    }

    /// <summary>Whether one of them is about to compute the first block of the text that the cache lacks.</summary>
    public bool IsComputing(Sequence waiting, BlockPool pool)
    {
        int missing = waiting.Table.Match(pool, waiting.Tokens).Blocks;
        if (!pool.PrefixCaching || missing >= BlockTable.Shareable(waiting.Length, pool.BlockSize))
            return false;

        BlockHash hash = waiting.Table.Hash(missing, waiting.Tokens, pool.BlockSize);
        int end = (missing + 1) * pool.BlockSize;
        foreach (Sequence sequence in Sequences)
        {
            if (!sequence.IsIdle && sequence.Computed < end && sequence.Length >= end && sequence.Blocks.Length > missing
                && sequence.Table.Hash(missing, sequence.Tokens, pool.BlockSize).Equals(hash))
            {
                return true;
            }
        }

        return false;
    }

    // Ranks are fixed while sequences run, and no two are equal.
    private int IndexOf(Sequence sequence)
    {
        int low = 0, high = _sequences.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_sequences[middle].Outranks(sequence))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static bool SuitsBetter(Sequence a, Sequence b)
    {
        if (a.IsIdle != b.IsIdle)
            return a.IsIdle;
        if (a.IsOverdue != b.IsOverdue)
            return b.IsOverdue;
        if (a.EffectivePriority != b.EffectivePriority)
            return a.EffectivePriority < b.EffectivePriority;
        if (a.Computed != b.Computed)
            return a.Computed < b.Computed;
        return a.Arrival > b.Arrival;
    }
}
