using System.Runtime.InteropServices;
using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>What to compute in one step, and what planning it brought about. Reused: valid until the next plan.</summary>
internal sealed class StepPlan
{
    private readonly List<PlannedSlice> _slices = [];
    private readonly List<BlockCopy> _copies = [];
    private readonly List<Sequence> _expired = [];
    private readonly List<Sequence> _preempted = [];

    /// <summary>One slice at most for each sequence: decodes, then pieces of running prompts, then newly admitted ones.</summary>
    public ReadOnlySpan<PlannedSlice> Slices => CollectionsMarshal.AsSpan(_slices);

    /// <summary>Blocks to copy, one after the other, before anything is computed; whether or not the plan is committed.</summary>
    public ReadOnlySpan<BlockCopy> Copies => CollectionsMarshal.AsSpan(_copies);

    /// <summary>Tokens of all slices together.</summary>
    public int TokenCount { get; private set; }

    /// <summary>Sequences whose deadline has come, in whatever state; none of them is planned, and each is to be finished by the caller.</summary>
    public ReadOnlySpan<Sequence> Expired => CollectionsMarshal.AsSpan(_expired);

    /// <summary>Sequences that lost their blocks and wait again.</summary>
    public ReadOnlySpan<Sequence> Preempted => CollectionsMarshal.AsSpan(_preempted);

    /// <summary>The number of the step; counts from 1.</summary>
    internal long Step { get; private set; }

    /// <summary>Whether it may still be committed.</summary>
    internal bool IsOpen { get; set; }

    internal void Clear()
    {
        _slices.Clear();
        _copies.Clear();
        _expired.Clear();
        _preempted.Clear();
        TokenCount = 0;
        Step++;
        IsOpen = true;
    }

    internal void Add(Sequence sequence, int count)
    {
        sequence.PlannedStep = Step;
        _slices.Add(new PlannedSlice(sequence, sequence.Computed, count, sequence.Distance == count));
        TokenCount += count;
    }

    internal void Add(BlockCopy copy) => _copies.Add(copy);

    internal void NoteExpired(ReadOnlySpan<Sequence> sequences, long now)
    {
        foreach (Sequence sequence in sequences)
        {
            sequence.IsExpired = sequence.Deadline <= now;
            if (sequence.IsExpired)
                _expired.Add(sequence);
        }
    }

    internal void AddPreempted(Sequence sequence) => _preempted.Add(sequence);
}
