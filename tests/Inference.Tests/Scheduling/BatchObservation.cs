using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>The definition of batches that are not continuous, by what could be seen from outside.</summary>
internal sealed class BatchObservation(SchedulerOptions options)
{
    private readonly HashSet<Sequence> _members = [];
    private readonly Dictionary<Sequence, long> _waitingSince = [];
    private long _lastArrival;

    public void Check(PlanObservation plan, IReadOnlyList<SimulatedSequence> live, long now)
    {
        if (options.Batching == BatchingMode.Continuous)
            return;

        // Over when all of it has ended; those whose readers have stopped hold nobody up.
        bool over = !live.Any(one => !plan.IsIdle(one.Sequence) && (plan.WasRunning(one.Sequence) || _members.Contains(one.Sequence)));
        if (over)
        {
            _members.Clear();
            _lastArrival = live.Count == 0 ? 0 : live.Max(one => one.Sequence.Arrival);
            if (options.Batching == BatchingMode.Windowed)
                CheckWindow(plan, live, now);
        }

        foreach (SimulatedSequence one in plan.Admitted)
        {
            Assert.True(one.Sequence.Arrival <= _lastArrival, $"Sequence {one.Sequence.Id} joined a batch formed before it came.");
            _members.Add(one.Sequence);
            Assert.True(_members.Count <= Math.Min(options.MaxSequences, options.MaxTokensPerStep), "A batch is larger than may run.");
        }

        foreach (SimulatedSequence one in live)
        {
            if (one.Sequence.State == SequenceState.Waiting && !plan.IsIdle(one.Sequence))
                _waitingSince.TryAdd(one.Sequence, now);
            else
                _waitingSince.Remove(one.Sequence);
        }
    }

    private void CheckWindow(PlanObservation plan, IReadOnlyList<SimulatedSequence> live, long now)
    {
        SimulatedSequence[] ready = [.. live.Where(one => !plan.WasRunning(one.Sequence) && !plan.IsIdle(one.Sequence))];
        bool full = ready.Length >= Math.Min(options.MaxSequences, options.MaxTokensPerStep);
        // Time waited before a pause or a preemption counts too, so those may be ready earlier than seen from here.
        bool ripe = ready.Any(one => one.Sequence.Waited >= options.BatchingWindow);
        Assert.True(ready.Where(one => _waitingSince.TryGetValue(one.Sequence, out long since) && now - since >= options.BatchingWindow).All(one => one.Sequence.Waited >= options.BatchingWindow));
        if (!full && !ripe)
            Assert.Empty(plan.Admitted);
        else if (ready.All(one => options.Tenants[one.TenantName].MaxRunning is null))
            Assert.NotEmpty(plan.Admitted);
    }
}
