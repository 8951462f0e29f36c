using Inference.KvCache;

namespace Inference.Scheduling;

/// <summary>Decides which tokens of which sequences are computed in each step.</summary>
/// <remarks>
/// <para>One round is <see cref="Plan"/>, the computation, <see cref="Commit"/>, then for every slice that wanted logits
/// <see cref="Append"/> or <see cref="Finish"/>. Between these, sequences may be enqueued, paused, resumed and finished at any time.
/// A plan that is not committed is as if it had not been computed; its block copies are made in any case.</para>
/// <para>A sequence gets the blocks for all its known tokens at admission, so that it can finish its prompt; decoding takes them one
/// by one and preempts when none is free. As long as anything that is not paused can run, every plan computes something.</para>
/// <para>Pure and deterministic: no threads, no clock, no device. Not thread-safe. Steady decoding allocates nothing.</para>
/// </remarks>
internal sealed class Scheduler
{
    private readonly SchedulerOptions _options;
    private readonly BlockPool _pool;
    private readonly WaitingQueue _waiting;
    private readonly RunningSet _running = new();
    private readonly FairShare _shares = new();
    private readonly StepPlan _plan = new();
    private readonly int _maxRunning;
    private long _step;
    private long _arrivals;
    private long _admissions;

    /// <summary>Creates a scheduler that owns the pool from now on.</summary>
    public Scheduler(SchedulerOptions options, BlockPool pool)
    {
        options.Validate();
        _options = options;
        _pool = pool;
        _waiting = new WaitingQueue(options, pool);
        _maxRunning = Math.Min(options.MaxSequences, options.MaxTokensPerStep);
    }

    /// <summary>Sequences that hold no blocks, paused ones included.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>Sequences that hold blocks, paused ones included.</summary>
    public int RunningCount => _running.Count;

    /// <summary>Whether there is something to plan that is not paused. Deadlines of paused sequences are not work: see <see cref="EarliestDeadline"/>.</summary>
    public bool HasWork => _running.HasWork || _waiting.HasWork;

    /// <summary>When <see cref="Plan"/> should be called at the latest, even without work; <see cref="long.MaxValue"/> for never.</summary>
    public long EarliestDeadline => Math.Min(_running.EarliestDeadline, _waiting.EarliestDeadline);

    /// <summary>Offers a new sequence. A refused one is unchanged and may be offered again.</summary>
    /// <exception cref="InvalidOperationException">It was accepted or finished before.</exception>
    public Admission TryEnqueue(Sequence sequence)
    {
        if (sequence.State != SequenceState.Created)
            throw new InvalidOperationException($"Sequence {sequence.Id} was enqueued while {sequence.State}.");
        if (_pool.BlocksFor(sequence.MaxLength) > _pool.BlockCount)
            return Admission.NeverFits;
        if (_waiting.IsFull)
            return Admission.QueueFull;

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
        _step++;
        _plan.Clear();
        _plan.NoteExpired(_running.Sequences, now);
        _plan.NoteExpired(_waiting.Sequences, now);
        PlanDecodes();
        while (_plan.TokenCount < _options.MaxTokensPerStep && _running.NextPrompt(_step) is { } sequence)
            PlanSlice(sequence);
        // What had to be taken from one is not handed to another that does not run yet.
        if (_plan.Preempted.IsEmpty)
            Admit(now);
        return _plan;
    }

    /// <summary>Notes that a plan's tokens are computed; slices of sequences finished since are left out.</summary>
    /// <exception cref="InvalidOperationException">The plan is not the latest one, or was committed before.</exception>
    public void Commit(StepPlan plan)
    {
        if (plan != _plan || !plan.IsOpen)
            throw new InvalidOperationException("A plan was committed twice, or is another scheduler's.");

        plan.IsOpen = false;
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
    public void Pause(Sequence sequence) => Own(sequence).IsPaused = true;

    /// <summary>Lets a paused sequence go on.</summary>
    public void Resume(Sequence sequence) => Own(sequence).IsPaused = false;

    /// <summary>Ends a sequence and frees its blocks at once; in any state, any number of times.</summary>
    public void Finish(Sequence sequence)
    {
        SequenceState before = Own(sequence).State;
        sequence.State = SequenceState.Finished;
        if (before == SequenceState.Running)
        {
            sequence.Table.Release(_pool);
            _running.Sweep();
        }
        else if (before == SequenceState.Waiting)
        {
            _waiting.Remove(sequence);
            if (sequence.Admitted == 0)
                _shares.LeaveQueue(sequence.Account!);
        }

        if (before is SequenceState.Running or SequenceState.Waiting)
            _shares.Leave(sequence.Account!);
    }

    private Sequence Own(Sequence sequence) => sequence.Scheduler is null || sequence.Scheduler == this
        ? sequence
        : throw new InvalidOperationException($"Sequence {sequence.Id} is another scheduler's.");

    private void PlanDecodes()
    {
        // By rank: who is to give up blocks in this step comes after who needs them, and is not planned yet.
        foreach (Sequence sequence in _running.Sequences)
        {
            if (sequence.State == SequenceState.Running && !sequence.IsIdle && sequence.Distance == 1 && MakeRoom(sequence))
                PlanSlice(sequence);
        }

        if (!_plan.Preempted.IsEmpty)
            _running.Sweep();
    }

    /// <summary>Gets the block for the token appended last, if it is the first of a block.</summary>
    private bool MakeRoom(Sequence sequence)
    {
        if (sequence.Blocks.Length == _pool.BlocksFor(sequence.Length))
            return true;

        while (_pool.FreeCount == 0)
        {
            // Without a victim it keeps what it has and waits for those that outrank it.
            if (_running.Victim(sequence, _step) is not { } victim)
                return false;
            Preempt(victim);
        }

        sequence.Table.Grow(_pool);
        return true;
    }

    private void PlanSlice(Sequence sequence)
    {
        sequence.PlannedStep = _step;
        _plan.Add(sequence, Math.Min(sequence.Distance, _options.MaxTokensPerStep - _plan.TokenCount));
    }

    private void Preempt(Sequence victim)
    {
        victim.Table.Release(_pool);
        victim.Computed = 0;
        victim.Preemptions++;
        victim.State = SequenceState.Waiting;
        _waiting.Add(victim);
        _plan.AddPreempted(victim);
    }

    private void Admit(long now)
    {
        int held = 0;
        while (_plan.TokenCount < _options.MaxTokensPerStep && _waiting.Next(_step) is { } sequence)
        {
            if (!sequence.IsOverdue && (sequence.AwaitsOrigin || _running.IsComputing(sequence, _pool)))
            {
                sequence.HeldStep = _step;
                if (++held == _options.PrefixWindow)
                    return;
                continue;
            }

            while (_running.Count == _maxRunning || !sequence.Table.Fits(_pool, sequence.Tokens, sequence.MaxLength))
            {
                // A reader that stopped must not keep others out. Who does not fit even so keeps its turn.
                if (_running.Victim(requester: null, _step) is not { } victim)
                    return;
                Preempt(victim);
                _running.Sweep();
            }

            Start(sequence, now);
            PlanSlice(sequence);
        }
    }

    private void Start(Sequence sequence, long now)
    {
        _waiting.Remove(sequence);
        _waiting.NotePassedBy(sequence);
        bool first = sequence.Admitted == 0;
        sequence.Admitted = ++_admissions;
        sequence.State = SequenceState.Running;
        sequence.Computed = sequence.Table.Attach(_pool, sequence.Tokens) * _pool.BlockSize;
        if (sequence.Table.Inherit(_pool, sequence.Length) is { } copy)
        {
            _plan.Add(copy);
            sequence.Computed += copy.Positions;
        }

        sequence.Origin = null;
        _running.Add(sequence);
        if (!first)
            return;

        sequence.FirstScheduled = now;
        sequence.CachedTokens = sequence.Computed;
        _shares.LeaveQueue(sequence.Account!);
        FairShare.ChargePrompt(sequence.Account!, sequence.Distance);
    }
}
