using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class StarvationTests
{
    private static int[] Prompt(int length, int first) => [.. Enumerable.Range(first * 1000, length)];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void A_stream_of_higher_priorities_passes_at_most_the_stated_number_of_times(int bound)
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1, MaxBypasses = bound }, blocks: 100, blockSize: 4);
        Sequence low = engine.Submit(Prompt(3, 0), 4);
        int passed = 0;
        for (int i = 1; low.FirstScheduled < 0; i++)
        {
            Assert.True(i < 50);
            engine.Submit(Prompt(3, i), 4, priority: i);
            passed += engine.Step().Count(slice => slice.Sequence != low);
        }

        Assert.Equal(bound, passed);
    }

    [Fact]
    public void A_stream_of_less_served_tenants_passes_at_most_the_stated_number_of_times()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1, MaxBypasses = 5 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(80, 0), 90, tenant: "heavy");
        Sequence waiting = engine.Submit(Prompt(80, 1), 90, tenant: "heavy");
        engine.Submit(Prompt(3, 2), 4, tenant: "light");
        int passed = 0;
        for (int i = 3; waiting.FirstScheduled < 0; i++)
        {
            Assert.True(i < 200);
            engine.Submit(Prompt(3, i), 4, tenant: "light");
            passed += engine.Step().Count(slice => slice.Sequence.Tenant == "light");
        }

        Assert.Equal(5, passed);
    }

    [Fact]
    public void The_bound_holds_for_one_that_is_held_back_for_a_prefix()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 100, MaxBypasses = 1 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(20, 0), 30);
        engine.Submit(Prompt(20, 0), 30);
        engine.Submit(Prompt(3, 1), 30);
        engine.Submit(Prompt(3, 2), 30);
        Assert.Equal([1L, 3, 2, 4], engine.Step().Select(slice => slice.Sequence.Id));
    }

    [Fact]
    public void Once_overdue_it_is_not_preempted_by_later_arrivals_either()
    {
        SimulatedEngine engine = new(new() { MaxBypasses = 1, MaxSequences = 2 }, blocks: 7, blockSize: 4);
        Sequence blocker = engine.Submit(Prompt(16, 0), 20, priority: 1);
        engine.Step();
        Sequence low = engine.Submit(Prompt(7, 1), 24);
        Sequence high = engine.Submit(Prompt(3, 2), 24, priority: 9);
        engine.Step();
        Assert.Equal((SequenceState.Running, SequenceState.Waiting), (high.State, low.State));
        Assert.True(low.IsOverdue);
        while (low.State != SequenceState.Finished)
            engine.Step();
        Assert.Equal(0, low.Preemptions);
        Assert.Equal(SequenceState.Finished, blocker.State);
        engine.Drain(100);
    }

    [Fact]
    public void While_paused_it_may_be_passed()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1, MaxBypasses = 2 }, blocks: 100, blockSize: 4);
        Sequence low = engine.Submit(Prompt(3, 0), 4);
        engine.Pause(low);
        for (int i = 1; i < 10; i++)
        {
            engine.Submit(Prompt(3, i), 4);
            Assert.Single(engine.Step());
        }

        Assert.Equal(0, low.Bypasses);
        engine.Resume(low);
        engine.Drain(10);
    }
}
