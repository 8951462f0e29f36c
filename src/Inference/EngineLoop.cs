using System.Collections.Concurrent;
using Inference.Diagnostics;
using Inference.Execution;
using Inference.KvCache;
using Inference.Models;
using Inference.Persistence;
using Inference.Sampling;
using Inference.Scheduling;
using Microsoft.Extensions.Logging;

namespace Inference;

/// <summary>The one thread that computes: plan, forward, sample, commit. Callers reach it through messages alone.</summary>
internal sealed class EngineLoop
{
    private readonly DecoderModel _model;
    private readonly Device _device;
    private readonly DeviceKvCache _cache;
    private readonly Scheduler _scheduler;
    private readonly BlockPool _pool;
    private readonly PinnedBlocks _pins;
    private readonly Coalescing _coalescing;
    private readonly CacheTransfers _transfers;
    private readonly RequestOutcome _outcome;
    private readonly EngineMeter _meter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<EngineCommand> _commands = new();
    private readonly WakeSignal _wake = new();
    private readonly HashSet<Generation> _open = [];
    private readonly StepBatch _batch = new();
    private readonly List<int> _logitRowOfSlice = [];
    private readonly StepSampling _sampling;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopRequested;
    private volatile bool _drainRequested;
    private volatile bool _exited;
    private ITimer? _alarm;
    private bool _refuses;
    private readonly EngineCounters _counters = new();
    private StepTimes _times;

    public EngineLoop(DecoderModel model, Device device, DeviceKvCache cache, Scheduler scheduler, BlockPool pool, PinnedBlocks pins, RequestOutcome outcome, EngineMeter meter, TimeProvider time, ILogger logger, int maxSequences)
    {
        _model = model;
        _device = device;
        _cache = cache;
        _scheduler = scheduler;
        _pool = pool;
        _pins = pins;
        _coalescing = new Coalescing(time);
        _outcome = outcome;
        _meter = meter;
        _time = time;
        _logger = logger;
        _sampling = new StepSampling(device, maxSequences);
        _transfers = new CacheTransfers(new CacheAccess(device, cache, pool, pool.Spill as BlockSpill), Publish);
        Publish();
    }

    /// <summary>Completes when the thread has ended; every request has its end by then.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Whether the thread computes no more. Requests may still be getting their ends.</summary>
    public bool HasEnded => _exited;

    /// <summary>What ended the thread, if it was not asked to end.</summary>
    public Exception? Fault { get; private set; }

    public EngineStatistics Statistics => _counters.Read();

    // Unsafe: the context of whoever happened to load the engine (its activity, its user) is not that of the requests to come.
    public void Start() => new Thread(Run) { IsBackground = true, Name = "Inference engine" }.UnsafeStart();

    public void Post(params ReadOnlySpan<EngineCommand> commands)
    {
        foreach (EngineCommand command in commands)
            _commands.Enqueue(command);
        _wake.Set();
        if (_exited)
            EndAll();
    }

    /// <summary>Completes when no request is open any more.</summary>
    public Task Drain()
    {
        _drainRequested = true;
        Post(new EngineCommand(EngineCommandKind.Wake));
        return _drained.Task;
    }

    /// <summary>Cancels every open request, then drains.</summary>
    public Task CancelAll()
    {
        _drainRequested = true;
        Post(new EngineCommand(EngineCommandKind.CancelAll));
        return _drained.Task;
    }

    /// <summary>Ends every open request and then the thread.</summary>
    public Task Stop()
    {
        _stopRequested = true;
        Post(new EngineCommand(EngineCommandKind.Wake));
        return _stopped.Task;
    }

    private void Run()
    {
        try
        {
            while (!_stopRequested)
            {
                _times.Begin();
                ApplyCommands();
                if (_drainRequested && _open.Count == 0)
                    _drained.TrySetResult();
                _transfers.Advance(_scheduler.RunningCount);
                bool stepped = (_scheduler.HasWork || _scheduler.EarliestDeadline <= _time.GetTimestamp()) && Step();
                if (!stepped && !_transfers.HasWork)
                    WaitForCommand();
            }

            _alarm?.Dispose();
        }
        catch (Exception error)
        {
            // A defect in the loop itself: no request may hang because of it.
            Fault = error;
            LogMessages.EngineFailed(_logger, error);
        }

        _exited = true;
        EndAll();
        _drained.TrySetResult();
        _stopped.TrySetResult();
    }

    private void ApplyCommands()
    {
        _wake.Reset();
        while (_commands.TryDequeue(out EngineCommand command))
        {
            if (command.Transfer is { } transfer)
                _transfers.Add(transfer);
            if (command.Kind == EngineCommandKind.CancelAll)
                CancelOpen();
            if (command.Generation is not { } generation)
                continue;
            switch (command.Kind)
            {
                case EngineCommandKind.Submit:
                    Admit(generation);
                    break;
                case EngineCommandKind.Cancel when _open.Contains(generation):
                    Leave(generation);
                    break;
                case EngineCommandKind.Unpin:
                    _pins.Release(generation.State);
                    Publish();
                    break;
                case EngineCommandKind.Resume when _open.Contains(generation):
                    _scheduler.Resume(generation.Sequence);
                    break;
                default:
                    break;
            }
        }
    }

    private void Admit(Generation generation)
    {
        _open.Add(generation);
        RequestState state = generation.State;
        if (generation.CancelRequested)
            End(state, FinishReason.Cancelled);
        else if (_refuses || _drained.Task.IsCompleted)
            Fail(state, new EngineStoppedException($"The engine was drained or stopped before request {generation.Id} reached it."));
        else if (state.Pins && _pins.BlocksOf(state) > _pins.Room)
            Fail(state, new CacheCapacityException(_pins.BlocksOf(state), _pins.Room));
        else if (_coalescing.TryJoin(generation))
            Join(generation, state);
        else
            Enqueue(state);
    }

    private void Enqueue(RequestState state)
    {
        if (state.Pins)
            _pins.Reserve(state);
        if (state.Origin is { } origin)
            state.Sequence.ForkFrom(origin, state.Prompt.Length);
        state.Origin = null;
        if (_scheduler.TryEnqueue(state.Sequence) is var admission and not Admission.Accepted)
            Fail(state, new GenerationFailedException($"The scheduler refused request {state.Sequence.Id}: {admission}."));
    }

    /// <summary>Does what is left to do for a request whose place another one's computation has taken.</summary>
    private void Join(Generation generation, RequestState own)
    {
        _outcome.LeaveQueue(own);
        _outcome.Join();
        // The newcomer may be ahead of readers for whom the computation was paused.
        _scheduler.Resume(generation.Sequence);
    }

    /// <summary>Ends a request whose caller has left; where its computation has other callers, that goes on.</summary>
    private void Leave(Generation generation)
    {
        RequestState state = generation.State;
        if (state.Callers.Count == 1)
        {
            End(state, FinishReason.Cancelled);
            return;
        }

        state.Callers.Remove(generation);
        _outcome.Detach(state, generation);
        _open.Remove(generation);
    }

    /// <summary>Ends all requests with what they have, and tells their readers that there would have been more.</summary>
    private void CancelOpen()
    {
        // What was on its way when it was refused comes too late.
        _refuses = true;
        foreach (Generation generation in _open)
            generation.Interrupt(new EngineStoppedException($"The engine was stopped before request {generation.Id} was done."));
        foreach (RequestState state in _open.Select(generation => generation.State).Distinct().ToArray())
            End(state, FinishReason.Cancelled);
    }

    /// <summary>One turn of the loop.</summary>
    /// <returns>Whether anything happened.</returns>
    private bool Step()
    {
        long now = _time.GetTimestamp();
        StepPlan plan = _scheduler.Plan(now);
        foreach (Sequence expired in plan.Expired)
            End((RequestState)expired.Owner!, FinishReason.Deadline);
        if (plan.TokenCount == 0)
            return plan.Expired.Length + plan.Preempted.Length > 0;

        Flatten(plan);
        DeviceTensor logits;
        try
        {
            _times.Mark();
            logits = Forward(plan);
            _times.AddForward();
        }
        catch (Exception error)
        {
            FailStep(plan, error);
            return true;
        }

        _scheduler.Commit(plan);
        long computed = _time.GetTimestamp();
        // Before any request ends: whoever has its result finds this step counted.
        _counters.Count(plan.TokenCount, plan.Preempted.Length);
        _times.Mark();
        _sampling.Choose(plan, _logitRowOfSlice, logits);
        _times.AddSampling();
        for (int i = 0; i < plan.Slices.Length; i++)
        {
            if (_logitRowOfSlice[i] >= 0)
                Advance((RequestState)plan.Slices[i].Sequence.Owner!, logits, _logitRowOfSlice[i], computed);
        }

        Publish();
        _times.End();
        _counters.Add(_times);
        _meter.Stepped(plan.TokenCount, plan.Preempted.Length, _time.GetElapsedTime(now, computed), _times.Step - _times.Forward - _times.Sampling);
        return true;
    }

    private void Flatten(StepPlan plan)
    {
        _batch.Clear();
        _logitRowOfSlice.Clear();
        foreach (PlannedSlice slice in plan.Slices)
        {
            Sequence sequence = slice.Sequence;
            int row = _batch.Add(sequence.Tokens.Slice(slice.Start, slice.Count), slice.Start, sequence.Blocks, slice.WantsLogits);
            _logitRowOfSlice.Add(row);
            _outcome.LeaveQueue((RequestState)sequence.Owner!);
        }
    }

    private DeviceTensor Forward(StepPlan plan)
    {
        foreach (BlockCopy copy in plan.Copies)
            _device.CopyBlock(_cache, copy.Source, copy.Destination);
        DeviceTensor logits = _model.Forward(_batch, _cache);
        _sampling.FindGreatest(plan, logits);
        return logits;
    }

    /// <summary>Delivers a request's next token, and ends the request where it is done.</summary>
    private void Advance(RequestState state, DeviceTensor logits, int row, long now)
    {
        if (state.Callers.TrueForAll(static caller => caller.CancelRequested))
        {
            // Their messages are on the way; do not compute for who has left. Without its next token, nobody else can go on with it either.
            _coalescing.Close(state);
            return;
        }

        try
        {
            if (state.Pins)
            {
                _pins.Hold(state);
                End(state, FinishReason.Length);
                return;
            }

            state.Options.LogitsObserver?.Invoke(state.Sequence.Length, _device.ReadRow(logits, row));
            SampledToken token = _sampling.TokenOf(row);
            state.Sampler.Accept(token.Token);
            state.Append(_scheduler, token.Token);
            GeneratedToken generated = _outcome.Append(state, token, now);
            bool pause = state.Deliver(generated);
            if (generated.FinishReason is { } reason)
                End(state, reason);
            else if (pause)
                _scheduler.Pause(state.Sequence);
        }
        catch (Exception error)
        {
            Fail(state, error as InferenceException ?? new GenerationFailedException($"Request {state.Sequence.Id} failed while its token {state.Sequence.Length} was sampled: {error.Message}", error));
        }
    }

    private void FailStep(StepPlan plan, Exception error)
    {
        LogMessages.StepFailed(_logger, error, plan.Slices.Length);
        _counters.CountFailedStep();
        _meter.StepFailed();
        foreach (PlannedSlice slice in plan.Slices)
        {
            var state = (RequestState)slice.Sequence.Owner!;
            Fail(state, new GenerationFailedException($"The step that computed request {state.Sequence.Id} failed on {_device.Name}: {error.Message}", error));
        }
    }

    private void End(RequestState state, FinishReason reason)
    {
        Release(state);
        _outcome.End(state, reason);
        Close(state);
    }

    private void Fail(RequestState state, InferenceException error)
    {
        Release(state);
        _outcome.FailAll(state, error);
        Close(state);
    }

    private void Close(RequestState state)
    {
        foreach (Generation caller in state.Callers)
            _open.Remove(caller);
    }

    /// <summary>Frees what a request held, before anyone learns of its end. It stays open until then: what goes wrong between must not lose it.</summary>
    private void Release(RequestState state)
    {
        _coalescing.Close(state);
        _pins.Settle(state);
        _scheduler.Finish(state.Sequence);
        Publish();
    }

    /// <summary>Sleeps until a message comes or the next deadline passes.</summary>
    private void WaitForCommand()
    {
        long deadline = _scheduler.EarliestDeadline;
        if (deadline == long.MaxValue)
        {
            _wake.Wait();
            return;
        }

        // Rounded up: waking just before the deadline would only turn the loop in vain. The next plan ends what has expired.
        TimeSpan left = _time.GetElapsedTime(_time.GetTimestamp(), deadline);
        if (left <= TimeSpan.Zero)
            return;

        // By the clock that deadlines are in, which need not be the machine's.
        _alarm ??= _time.CreateTimer(static signal => ((WakeSignal)signal!).Set(), _wake, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _alarm.Change(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(left.TotalMilliseconds), int.MaxValue)), Timeout.InfiniteTimeSpan);
        _wake.Wait();
    }

    private void EndAll()
    {
        lock (_open)
        {
            while (_commands.TryDequeue(out EngineCommand command))
            {
                if (command is { Kind: EngineCommandKind.Submit, Generation: { } late })
                    _open.Add(late);
                if (command.Transfer is { } transfer)
                    _transfers.Add(transfer);
            }

            _transfers.EndAll(Fault is null
                ? new EngineStoppedException("The engine was disposed before the conversation was copied.")
                : new EngineFailedException($"The engine failed before the conversation was copied: {Fault.Message}", Fault), intact: Fault is null);

            foreach (Generation generation in _open)
            {
                _outcome.Fail(generation, Fault is null
                    ? new EngineStoppedException($"The engine was disposed before request {generation.Id} was done.")
                    : new EngineFailedException($"The engine failed before request {generation.Id} was done: {Fault.Message}", Fault));
                // After a fault the scheduler's books may be wrong; nothing is planned by them any more.
                if (Fault is null)
                    _scheduler.Finish(generation.Sequence);
            }

            _open.Clear();
            Publish();
        }
    }

    private void Publish() =>
        _counters.Publish(_scheduler.WaitingCount, _scheduler.RunningCount, _pool.FreeCount, _pool.BlockCount, _pins.Count);
}
