using Inference.KvCache;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>
/// Drives a scheduler as an engine does, with a cache whose slots say which text they belong to, and checks after every call
/// what must hold whatever happens.
/// </summary>
internal sealed class SimulatedEngine
{
    public const int Vocabulary = 3;

    private readonly SchedulerOptions _options;
    private readonly ulong[] _cache;
    private readonly Dictionary<BlockHash, ulong> _contentOfHash = [];
    private readonly List<SimulatedSequence> _live = [];
    private readonly BatchObservation _batches;
    private long _ids;
    private int _steps;

    public SimulatedEngine(SchedulerOptions options, int blocks, int blockSize, bool prefixCaching = true, int spillBlocks = 0)
    {
        _options = options;
        _batches = new BatchObservation(options);
        _cache = new ulong[blocks * blockSize];
        if (spillBlocks > 0)
            Spill = new SimulatedSpill(_cache, blockSize, spillBlocks);
        Pool = new BlockPool(blocks, blockSize, prefixCaching) { Spill = Spill };
        Scheduler = new Scheduler(options, Pool);
    }

    public BlockPool Pool { get; }

    public Scheduler Scheduler { get; }

    public SimulatedSpill? Spill { get; }

    public long Now { get; set; }

    /// <summary>Those accepted and not ended, in order of arrival.</summary>
    public IReadOnlyList<SimulatedSequence> Live => _live;

    public int FinishedByLength { get; private set; }

    public int Preemptions { get; private set; }

    public int CachedTokens { get; private set; }

    public int Copies { get; private set; }

    /// <summary>Offers a sequence that must be accepted.</summary>
    public Sequence Submit(int[] prompt, int maxLength, int priority = 0, string? tenant = null, string? salt = null, long deadline = long.MaxValue)
    {
        (Admission answer, Sequence sequence) = Offer(prompt, maxLength, priority, tenant, salt, deadline, seed: 0);
        Assert.Equal(Admission.Accepted, answer);
        return sequence;
    }

    public (Admission Answer, Sequence Sequence) Offer(int[] prompt, int maxLength, int priority, string? tenant, string? salt, long deadline, ulong seed, Sequence? origin = null)
    {
        Sequence sequence = new(++_ids, prompt, maxLength) { Priority = priority, Tenant = tenant, CacheSalt = salt, Deadline = deadline };
        if (origin is not null)
            sequence.ForkFrom(origin, prompt.Length);
        int queued = _live.Count(one => one.Sequence.State == SequenceState.Waiting && one.Sequence.FirstScheduled < 0);
        SimulatedSequence[] own = [.. _live.Where(one => one.TenantName == (tenant ?? ""))];
        Admission expected = Pool.BlocksFor(maxLength) > Pool.BlockCount ? Admission.NeverFits
            : !_options.ChunkedPrefill && maxLength > _options.MaxTokensPerStep ? Admission.NeverFits
            : queued >= _options.MaxQueuedSequences ? Admission.QueueFull
            : own.Count(one => one.Sequence.State == SequenceState.Waiting && one.Sequence.FirstScheduled < 0) >= (_options.Tenants[tenant ?? ""].MaxQueued ?? int.MaxValue) ? Admission.TenantQueueFull
            : Admission.Accepted;
        Admission answer = Scheduler.TryEnqueue(sequence);
        Assert.Equal(expected, answer);
        if (answer == Admission.Accepted)
            _live.Add(new SimulatedSequence { Sequence = sequence, Seed = seed, OwnAhead = own.Length });
        CheckState();
        return (answer, sequence);
    }

    /// <summary>Offers a sequence that goes on from what another one has now.</summary>
    public (Admission Answer, Sequence Sequence) Fork(Sequence origin, int maxLength, ulong seed) =>
        Offer(origin.Tokens.ToArray(), Math.Max(maxLength, origin.Length), origin.Priority, origin.Tenant, origin.CacheSalt, long.MaxValue, seed, origin);

    public void Pause(Sequence sequence)
    {
        Scheduler.Pause(sequence);
        CheckState();
    }

    public void Resume(Sequence sequence)
    {
        Scheduler.Resume(sequence);
        CheckState();
    }

    public void Finish(Sequence sequence)
    {
        Scheduler.Finish(sequence);
        _live.RemoveAll(one => one.Sequence == sequence);
        CheckState();
    }

    /// <summary>One round: plan, compute, commit, sample. Returns the slices that were planned.</summary>
    /// <param name="beforeForward">Runs between planning and computing.</param>
    /// <param name="beforeCommit">Runs between computing and committing.</param>
    public PlannedSlice[] Step(Action? beforeForward = null, Action? beforeCommit = null)
    {
        // Far beyond any test: one that waits for what never comes fails here instead of hanging.
        Assert.True(++_steps < 50_000, "It never ends.");
        PlanObservation before = new(_live, Now);
        StepPlan plan = Scheduler.Plan(Now);
        before.Check(plan, _options, Pool);
        _batches.Check(before, _live, Now);
        Preemptions += plan.Preempted.Length;
        foreach (Sequence sequence in plan.Expired.ToArray())
            Finish(sequence);
        CheckState();

        Copies += plan.Copies.Length;
        foreach (BlockCopy copy in plan.Copies)
            _cache.AsSpan(copy.Source * Pool.BlockSize, Pool.BlockSize).CopyTo(_cache.AsSpan(copy.Destination * Pool.BlockSize));
        beforeForward?.Invoke();
        PlannedSlice[] slices = plan.Slices.ToArray();
        Forward(slices);
        beforeCommit?.Invoke();
        Scheduler.Commit(plan);
        CheckState();

        foreach (PlannedSlice slice in slices)
        {
            if (slice.WantsLogits && slice.Sequence.State == SequenceState.Running)
                Sample(slice.Sequence);
        }

        CheckState();
        return slices;
    }

    /// <summary>Resumes all and steps until all have ended.</summary>
    public void Drain(int maxSteps)
    {
        foreach (SimulatedSequence one in _live)
            Scheduler.Resume(one.Sequence);
        for (int step = 0; _live.Count > 0; step++)
        {
            Assert.True(step < maxSteps, $"{_live.Count} sequences have not ended after {maxSteps} steps");
            Now++;
            Step();
        }

        Assert.Equal(Pool.BlockCount, Pool.FreeCount);
        Assert.Equal(0, Scheduler.RunningCount);
        Assert.Equal(0, Scheduler.WaitingCount);
        Assert.False(Scheduler.HasWork);
    }

    private void Forward(PlannedSlice[] slices)
    {
        // All writes of a step before all reads: a read then sees whatever any other sequence of the step has overwritten.
        foreach (PlannedSlice slice in slices)
        {
            if (slice.Sequence.State != SequenceState.Running)
                continue;

            SimulatedSequence owner = Find(slice.Sequence);
            for (int position = slice.Start; position < slice.Start + slice.Count; position++)
                Slot(slice.Sequence, position) = owner.Content(position);
        }

        foreach (PlannedSlice slice in slices)
        {
            if (slice.Sequence.State != SequenceState.Running)
                continue;

            SimulatedSequence owner = Find(slice.Sequence);
            for (int position = 0; position < slice.Start + slice.Count; position++)
            {
                if (Slot(slice.Sequence, position) != owner.Content(position))
                    Assert.Fail($"Sequence {slice.Sequence.Id} reads another text at position {position}.");
            }
        }
    }

    private void Sample(Sequence sequence)
    {
        SimulatedSequence owner = Find(sequence);
        if (sequence.Length < sequence.MaxLength)
            Scheduler.Append(sequence, owner.Sample(Slot(sequence, sequence.Length - 1), Vocabulary));
        if (sequence.Length == sequence.MaxLength)
        {
            FinishedByLength++;
            CachedTokens += sequence.CachedTokens;
            Finish(sequence);
        }
    }

    private ref ulong Slot(Sequence sequence, int position) =>
        ref _cache[(sequence.Blocks[position / Pool.BlockSize] * Pool.BlockSize) + (position % Pool.BlockSize)];

    private SimulatedSequence Find(Sequence sequence) => _live.First(one => one.Sequence == sequence);

    private void CheckState()
    {
        int[] references = new int[Pool.BlockCount];
        Span<(Sequence? Holder, int Index)> holders = new (Sequence?, int)[Pool.BlockCount];
        int running = 0;
        bool work = false;
        foreach (SimulatedSequence one in _live)
        {
            Sequence sequence = one.Sequence;
            running += sequence.State == SequenceState.Running ? 1 : 0;
            work |= !sequence.IsPaused && sequence.Distance > 0;
            Assert.InRange(sequence.Computed, 0, sequence.Length);
            if (sequence.State == SequenceState.Waiting)
            {
                Assert.Equal(0, sequence.Computed);
                Assert.Equal(0, sequence.Blocks.Length);
            }
            else
            {
                Assert.Equal(SequenceState.Running, sequence.State);
                Assert.InRange(sequence.Blocks.Length, Pool.BlocksFor(sequence.Computed), Pool.BlocksFor(sequence.Length));
            }

            for (int i = 0; i < sequence.Blocks.Length; i++)
            {
                int block = sequence.Blocks[i];
                int end = (i + 1) * Pool.BlockSize;
                if (end <= sequence.Computed && Pool.PrefixCaching)
                    CheckFullBlock(one, i, end);
                if (references[block]++ == 0)
                {
                    holders[block] = (sequence, i);
                    continue;
                }

                (Sequence? other, int index) = holders[block];
                Assert.Equal(index, i);
                Assert.True(end <= sequence.Computed && end <= other!.Computed, $"Block {block} is shared before it is computed.");
                Assert.Equal(other.Table.Hash(i, other.Tokens, Pool.BlockSize), sequence.Table.Hash(i, sequence.Tokens, Pool.BlockSize));
            }
        }

        for (int block = 0; block < references.Length; block++)
        {
            if (references[block] != Pool.References(block))
                Assert.Fail($"Block {block} has {Pool.References(block)} references and is in {references[block]} tables.");
        }

        Assert.Equal(references.Count(count => count == 0), Pool.FreeCount);
        Assert.Equal(running, Scheduler.RunningCount);
        Assert.Equal(_live.Count - running, Scheduler.WaitingCount);
        Assert.InRange(running, 0, Math.Min(_options.MaxSequences, _options.MaxTokensPerStep));
        Assert.Equal(work, Scheduler.HasWork);
    }

    private void CheckFullBlock(SimulatedSequence one, int index, int end)
    {
        BlockHash hash = one.Sequence.Table.Hash(index, one.Sequence.Tokens, Pool.BlockSize);
        if (!_contentOfHash.TryAdd(hash, one.Content(end - 1)))
            Assert.Equal(_contentOfHash[hash], one.Content(end - 1));
    }
}
