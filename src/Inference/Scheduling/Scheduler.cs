using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>Decides which tokens of which sequences are computed in each step.</summary>
/// <remarks>
/// <para>One round is <see cref="Plan"/>, the computation, <see cref="Commit"/>, then for every slice that wanted logits
/// <see cref="Append"/> or <see cref="Finish"/>. Between these, sequences may be enqueued, paused, resumed and finished at any time.
/// A plan that is not committed is as if it had not been computed; its block copies are made in any case.</para>
/// <para>A sequence gets the blocks for all its known tokens at admission (<see cref="AdmissionControl"/>), so that it can finish its
/// prompt; decoding takes them one by one and preempts when none is free (<see cref="Preemption"/>). As long as anything that is not
/// paused can run, every plan computes something, unless a batching window is open.</para>
/// <para>Planning takes time in proportion to the sequences that run and wait, and for each one admitted to those that wait.</para>
/// <para>Pure and deterministic: no threads, no clock, no device. Not thread-safe. Steady decoding allocates nothing.</para>
/// </remarks>
internal sealed class Scheduler
{
    private readonly SchedulerOptions _options;
    private readonly BlockPool _pool;
    private readonly WaitingQueue _waiting;
    private readonly RunningSet _running = new();
    private readonly FairShare _shares;
    private readonly PriorityAgeing? _ageing;
    private readonly BatchGate _gate;
    private readonly GrowthReserve _reserve;
    private readonly Preemption _preemption;
    private readonly AdmissionControl _admission;
    private readonly StepPlan _plan = new();
    private long _arrivals;

    /// <summary>Creates a scheduler that owns the pool from now on.</summary>
    public Scheduler(SchedulerOptions options, BlockPool pool)
    {
        options.Validate();
        _options = options;
        _pool = pool;
        _shares = new FairShare(options.Tenants);
        // Nobody asks how long sequences have waited unless one of these depends on it, and there may be very many.
        if (options.AgeingInterval < long.MaxValue || options.Batching == BatchingMode.Windowed)
            _ageing = new PriorityAgeing(options.AgeingInterval);
        _gate = new BatchGate(options, Math.Min(options.MaxSequences, options.MaxTokensPerStep));
        _reserve = new GrowthReserve(pool, options.MaxWaste);
        _waiting = new WaitingQueue(options, pool, _gate, _reserve);
        _preemption = new Preemption(pool, _running, _waiting, _reserve);
        _admission = new AdmissionControl(options, pool, _running, _waiting, _shares, _gate, _reserve, _preemption);
    }

    /// <summary>Sequences that hold no blocks, paused ones included.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Sequences that hold blocks, paused ones included.</summary>
    public int RunningCount => _running.Count;

    /// <summary>Whether there is something to plan that is not paused. Deadlines of paused sequences are not work: see <see cref="EarliestDeadline"/>.</summary>
    public bool HasWork => _running.HasWork || _waiting.HasWork;

    /// <summary>
    /// When <see cref="Plan"/> should be called at the latest, even without work or after a plan of nothing: the next deadline, or the
    /// end of a batching window. <see cref="long.MaxValue"/> for never.
    /// </summary>
    public long EarliestDeadline => Math.Min(Math.Min(_running.EarliestDeadline, _waiting.EarliestDeadline), _gate.WindowEnd(_waiting.Sequences));

    /// <summary>Tokens computed more than once, because preemptions had taken them.</summary>
    public long RecomputedTokens => _reserve.Recomputed;

    /// <summary>Offers a new sequence. A refused one is unchanged and may be offered again.</summary>
    /// <exception cref="InvalidOperationException">It was accepted or finished before.</exception>
    public Admission TryEnqueue(Sequence sequence)
    {
        if (sequence.State != SequenceState.Created)
            throw new InvalidOperationException($"Sequence {sequence.Id} was enqueued while {sequence.State}.");
        if (_pool.BlocksFor(sequence.MaxLength) > _pool.BlockCount || (!_options.ChunkedPrefill && sequence.MaxLength > _options.MaxTokensPerStep))
            return Admission.NeverFits;
        if (_waiting.IsFull)
            return Admission.QueueFull;
        if (_shares.IsQueueFull(sequence.Tenant))
            return Admission.TenantQueueFull;

        sequence.Scheduler = this;
        sequence.Arrival = ++_arrivals;
        sequence.Account = _shares.Enter(sequence.Tenant);
        sequence.State = SequenceState.Waiting;
        _waiting.Add(sequence);
        return Admission.Accepted;
    }

    /// <summary>Plans the next step: takes blocks, preempts, admits.</summary>
    /// <param name="now">The time, for deadlines and <see cref="Sequence.FirstScheduled"/>.</param>
    /// <returns>The plan, the same object every time.</returns>
    public StepPlan Plan(long now)
    {
        _plan.Clear();
        _plan.NoteExpired(_running.Sequences, now);
        _plan.NoteExpired(_waiting.Sequences, now);
        _ageing?.Advance(_waiting.Sequences, now);
        PlanDecodes();
        PlanPrompts();
        // What had to be taken from one is not handed to another that does not run yet.
        if (_plan.Preempted.IsEmpty)
            _admission.Admit(_plan, now);
        return _plan;
    }

    /// <summary>Notes that a plan's tokens are computed; slices of sequences finished since are left out.</summary>
    /// <exception cref="InvalidOperationException">The plan is not the latest one, or was committed before.</exception>
    public void Commit(StepPlan plan)
    {
        if (plan != _plan || !plan.IsOpen)
            throw new InvalidOperationException("A plan was committed twice, or is another scheduler's.");

        plan.IsOpen = false;
        _reserve.NoteComputed(plan.TokenCount);
        foreach (PlannedSlice slice in plan.Slices)
        {
            Sequence sequence = slice.Sequence;
            if (sequence.State != SequenceState.Running)
                continue;

            sequence.Computed = slice.Start + slice.Count;
            sequence.Table.Seal(_pool, sequence.Tokens, slice.Start, sequence.Computed);
        }
    }

    /// <summary>Adds the token sampled from a committed slice's logits.</summary>
    /// <exception cref="InvalidOperationException">The sequence is not running, not computed to its end, or at its maximum length.</exception>
    public void Append(Sequence sequence, int token)
    {
        if (Own(sequence).State != SequenceState.Running || sequence.Distance > 0 || sequence.Length == sequence.MaxLength)
        {
            throw new InvalidOperationException(
                $"A token was appended to sequence {sequence.Id}, {sequence.State}, {sequence.Computed} of {sequence.Length} tokens computed, {sequence.MaxLength} at most.");
        }

        sequence.Append(token);
        FairShare.ChargeOutput(sequence.Account!);
    }

    /// <summary>Leaves a sequence unplanned until resumed. It keeps its blocks until others need them, and its place in the queue.</summary>
    public void Pause(Sequence sequence)
    {
        if (Own(sequence) is { IsPaused: false, State: SequenceState.Running })
            sequence.Account!.Running--;
        sequence.IsPaused = true;
    }

    /// <summary>Lets a paused sequence go on.</summary>
    public void Resume(Sequence sequence)
    {
        if (Own(sequence) is { IsPaused: true, State: SequenceState.Running })
            sequence.Account!.Running++;
        sequence.IsPaused = false;
    }

    /// <summary>Ends a sequence and frees its blocks at once; in any state, any number of times.</summary>
    public void Finish(Sequence sequence)
    {
        SequenceState before = Own(sequence).State;
        sequence.State = SequenceState.Finished;
        if (before == SequenceState.Running)
        {
            _reserve.NoteEnded(sequence);
            sequence.Table.Release(_pool);
            _running.Remove(sequence);
            if (!sequence.IsPaused)
                sequence.Account!.Running--;
            _shares.Leave(sequence.Account!);
        }
        else if (before == SequenceState.Waiting)
        {
            _waiting.Remove(sequence);
            if (sequence.Admitted == 0)
                _shares.LeaveQueue(sequence.Account!);
            _shares.Leave(sequence.Account!);
        }
    }

    private Sequence Own(Sequence sequence) => sequence.Scheduler is null || sequence.Scheduler == this
        ? sequence
        : throw new InvalidOperationException($"Sequence {sequence.Id} is another scheduler's.");

    private void PlanDecodes()
    {
        // By rank: who is to give up blocks in this step comes after who needs them, and is not planned yet.
        foreach (Sequence sequence in _running.Sequences)
        {
            if (sequence.State == SequenceState.Running && !sequence.IsIdle && sequence.Distance == 1 && _preemption.MakeRoom(sequence, _plan))
                PlanSlice(sequence);
        }

        if (!_plan.Preempted.IsEmpty)
            _running.Sweep();
    }

    private void PlanPrompts()
    {
        while (_plan.TokenCount < _options.MaxTokensPerStep && _running.NextPrompt(_plan.Step) is { } sequence)
        {
            if (!_options.ChunkedPrefill && sequence.Distance > _options.MaxTokensPerStep - _plan.TokenCount)
                return;
            PlanSlice(sequence);
        }
    }

    private void PlanSlice(Sequence sequence) =>
        _plan.Add(sequence, Math.Min(sequence.Distance, _options.MaxTokensPerStep - _plan.TokenCount));
}
