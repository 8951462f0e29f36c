using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class RunningSetTests
{
    private static Sequence Running(RunningSet set, int arrival, int priority = 0, int computed = 1, bool paused = false, bool overdue = false)
    {
        Sequence sequence = new(arrival, [1, 2, 3, 4, 5, 6, 7, 8], 20)
        {
            Priority = priority,
            Arrival = arrival,
            Admitted = 100 - arrival,
            Computed = computed,
            IsPaused = paused,
            IsOverdue = overdue,
            State = SequenceState.Running,
        };
        set.Add(sequence);
        return sequence;
    }

    [Fact]
    public void They_stand_in_order_of_rank()
    {
        RunningSet set = new();
        Running(set, 4, priority: 1);
        Running(set, 2);
        Running(set, 3, priority: 2);
        Running(set, 1);
        Running(set, 6, priority: -5, overdue: true);
        Running(set, 5, overdue: true);
        Assert.Equal([5L, 6, 3, 4, 1, 2], set.Sequences.ToArray().Select(sequence => sequence.Id));
    }

    [Fact]
    public void Victims_go_by_idleness_then_overdue_then_priority_then_what_is_lost_then_arrival()
    {
        RunningSet set = new();
        Sequence requester = Running(set, 1, priority: 9, overdue: true);
        Running(set, 2, priority: 5, computed: 6, paused: true);
        Running(set, 3, priority: 6, computed: 1, paused: true);
        Running(set, 5, priority: -1, computed: 4);
        Running(set, 4, priority: -1, computed: 3);
        Running(set, 6, priority: -1, computed: 4);
        Running(set, 7, priority: 0, computed: 1);
        Running(set, 8, priority: -9, computed: 1, overdue: true);
        List<long> order = [];
        while (set.Victim(requester, step: 1) is { } victim)
        {
            order.Add(victim.Id);
            victim.State = SequenceState.Waiting;
        }

        Assert.Equal([2L, 3, 4, 6, 5, 7, 8], order);
    }

    [Fact]
    public void Those_that_outrank_the_requester_or_are_planned_are_no_victims()
    {
        RunningSet set = new();
        Running(set, 1);
        Sequence requester = Running(set, 2);
        Sequence planned = Running(set, 3);
        planned.PlannedStep = 1;
        Assert.Null(set.Victim(requester, step: 1));
        Assert.Same(planned, set.Victim(requester, step: 2));
        Assert.Null(set.Victim(requester: null, step: 2));
    }

    [Fact]
    public void The_next_prompt_is_the_first_admitted_that_is_neither_idle_nor_planned_nor_decoding()
    {
        RunningSet set = new();
        Running(set, 9, computed: 7);
        Running(set, 8, paused: true);
        Running(set, 7).PlannedStep = 1;
        Running(set, 5, priority: 1);
        Sequence first = Running(set, 6);
        Assert.Same(first, set.NextPrompt(step: 1));
    }
}
