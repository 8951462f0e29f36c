using Inference.KvCache;
using Inference.Scheduling;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;

namespace Inference.Simulation;

/// <summary>The loop plan, compute, commit, sample of an engine, with the real scheduler and block pool, under a virtual clock.</summary>
/// <remarks>Time in nanoseconds. A step takes effect when it ends; what arrives meanwhile is in the queue for the next.</remarks>
internal sealed class SimulatedEngine
{
    private readonly Scheduler _scheduler;
    private readonly SimulatedDevice _device;
    private readonly RunMetrics _metrics;
    private readonly Queue<RequestRun> _door = new();
    private StepPlan? _step;
    private long _now;
    private int[] _prompt = [];

    public SimulatedEngine(int index, EngineShape shape, SimulatedDevice device, RunMetrics metrics)
    {
        Index = index;
        Pool = new BlockPool(Math.Max(1, shape.CacheTokens / shape.BlockSize), shape.BlockSize, shape.PrefixCaching);
        _scheduler = new Scheduler(shape.Scheduling, Pool);
        _device = device;
        _metrics = metrics;
    }

    public int Index { get; }

    public BlockPool Pool { get; }

    /// <summary>Requests submitted and not ended.</summary>
    public int Open { get; private set; }

    /// <summary>For routers: the sum of <see cref="RequestRun.Load"/> over the open requests.</summary>
    public long Load { get; private set; }

    /// <summary>When the next step begins or ends; <see cref="long.MaxValue"/> where there is nothing to do.</summary>
    public long NextEvent => _step is not null || _door.Count > 0 || _scheduler.HasWork ? _now : long.MaxValue;

    /// <summary>Called for each request that ends, or is refused, at the time of its end; may submit others.</summary>
    public Action<RequestRun, long>? Ended { get; set; }

    /// <summary>Called for each plan, with the time, before it is computed.</summary>
    public Action<StepPlan, long>? Planned { get; set; }

    /// <summary>Brings a request at its time of arrival, which is not before any event yet handled.</summary>
    public void Submit(RequestRun run)
    {
        _metrics.Arrive(run.Arrival);
        Open++;
        Load += run.Load;
        _door.Enqueue(run);
        // Whether it waited for work or for a batch to fill: this may be what it waited for.
        if (_step is null)
            _now = run.Arrival;
    }

    /// <summary>Ends the step in flight, or begins one, at <see cref="NextEvent"/>.</summary>
    public void HandleNext()
    {
        if (_step is not null)
            Complete(_step);
        else
            Begin();
    }

    private void Begin()
    {
        OpenDoor();
        StepPlan plan = _scheduler.Plan(_now);
        _metrics.Preempt(plan.Preempted.Length);
        if (plan.TokenCount == 0)
        {
            // A batch that waits to be full is formed at the latest when the scheduler says.
            if (plan.Preempted.IsEmpty && _scheduler.HasWork)
                _now = _scheduler.EarliestDeadline is var wake && wake > _now && wake < long.MaxValue
                    ? wake
                    : throw new InvalidOperationException($"Engine {Index} has work and plans nothing.");
            return;
        }

        Planned?.Invoke(plan, _now);
        long duration = _device.Run(plan);
        _metrics.Step(duration);
        _step = plan;
        _now += duration;
    }

    private void OpenDoor()
    {
        while (_door.TryPeek(out RequestRun? run))
        {
            run.Sequence ??= Text(run);
            Admission answer = _scheduler.TryEnqueue(run.Sequence);
            if (answer is Admission.QueueFull or Admission.TenantQueueFull)
                return;
            _door.Dequeue();
            if (answer == Admission.Accepted)
                continue;
            _metrics.Refuse();
            Leave(run);
        }
    }

    private Sequence Text(RequestRun run)
    {
        TraceRequest request = run.Request;
        if (_prompt.Length < request.PromptTokens)
            _prompt = new int[request.PromptTokens * 2];
        Span<int> prompt = _prompt.AsSpan(0, request.PromptTokens);
        request.WritePrompt(prompt, run.Serial);
        return new Sequence(run.Serial, prompt, request.PromptTokens + request.OutputTokens) { Owner = run, Tenant = request.Tenant, Priority = request.Priority };
    }

    private void Complete(StepPlan plan)
    {
        _step = null;
        _scheduler.Commit(plan);
        foreach (PlannedSlice slice in plan.Slices)
        {
            var run = (RequestRun)slice.Sequence.Owner!;
            int end = slice.Start + slice.Count;
            _metrics.Compute(slice.Count, Math.Clamp(run.EverComputed - slice.Start, 0, slice.Count));
            run.EverComputed = Math.Max(run.EverComputed, end);
            if (slice.WantsLogits)
                Sample(run);
        }
    }

    private void Sample(RequestRun run)
    {
        _scheduler.Append(run.Sequence, TraceRequest.OutputToken(run.Serial));
        _metrics.Token(_now, run.Generated == 0 ? null : run.LastToken);
        if (run.Generated++ == 0)
            run.FirstToken = _now;
        run.LastToken = _now;
        if (run.Generated < run.Request.OutputTokens)
            return;
        _scheduler.Finish(run.Sequence);
        _metrics.End(new RequestTimes(run.Arrival, run.Sequence.FirstScheduled, run.FirstToken, run.LastToken, run.Request.PromptTokens, run.Sequence.CachedTokens, run.Generated));
        Leave(run);
    }

    private void Leave(RequestRun run)
    {
        Open--;
        Load -= run.Load;
        Ended?.Invoke(run, _now);
    }
}
