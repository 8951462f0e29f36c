using Inference.KvCache;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class DeadlineTests
{
    private static int[] Prompt(int length, int first) => [.. Enumerable.Range(first * 1000, length)];

    [Fact]
    public void Expired_sequences_are_listed_in_any_state_and_not_planned()
    {
        Scheduler scheduler = new(new() { MaxSequences = 2 }, new BlockPool(100, 4));
        Sequence running = new(1, Prompt(3, 1), 50) { Deadline = 10 }, paused = new(2, Prompt(3, 2), 50) { Deadline = 10 };
        Sequence waiting = new(3, Prompt(3, 3), 50) { Deadline = 10 }, later = new(4, Prompt(3, 4), 50) { Deadline = 11 };
        foreach (Sequence sequence in new[] { running, paused, waiting, later })
            scheduler.TryEnqueue(sequence);
        StepPlan plan = scheduler.Plan(9);
        Assert.True(plan.Expired.IsEmpty);
        Assert.Equal(2, plan.Slices.Length);
        scheduler.Commit(plan);
        scheduler.Append(running, 1);
        scheduler.Append(paused, 1);
        scheduler.Pause(paused);
        Assert.Equal(10, scheduler.EarliestDeadline);

        plan = scheduler.Plan(10);
        Assert.Equal([1L, 2, 3], plan.Expired.ToArray().Select(sequence => sequence.Id).Order());
        Assert.Equal([4L], plan.Slices.ToArray().Select(slice => slice.Sequence.Id));
        foreach (Sequence sequence in plan.Expired)
            scheduler.Finish(sequence);
        scheduler.Commit(plan);
        Assert.Equal(11, scheduler.EarliestDeadline);
        scheduler.Finish(later);
        Assert.Equal(long.MaxValue, scheduler.EarliestDeadline);
    }
}
