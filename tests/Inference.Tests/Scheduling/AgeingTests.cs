using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class AgeingTests
{
    private static int[] Prompt(int length, int first) => [.. Enumerable.Range(first * 1000, length)];

    /// <summary>One place, a request of priority 0, and a stream of such of a higher priority. Returns when the first one came to run.</summary>
    private static long AdmittedAt(int priority, long interval)
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1, MaxBypasses = int.MaxValue, AgeingInterval = interval }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(3, 0), 4, priority: priority);
        Sequence low = engine.Submit(Prompt(3, 1), 4);
        for (int i = 2; low.FirstScheduled < 0 && i < 300; i++)
        {
            engine.Submit(Prompt(3, i), 4, priority: priority);
            engine.Step();
            engine.Now++;
        }

        return low.FirstScheduled;
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(3, 10)]
    [InlineData(2, 50)]
    public void A_lower_priority_runs_when_waiting_has_made_up_for_it(int priority, long interval)
    {
        long admitted = AdmittedAt(priority, interval);
        Assert.InRange(admitted, priority * interval, (priority + 1) * interval);
    }

    [Fact]
    public void Without_ageing_priorities_are_strict() => Assert.Equal(-1, AdmittedAt(priority: 1, interval: long.MaxValue));

    [Fact]
    public void Time_spent_paused_does_not_count()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1, AgeingInterval = 10 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(3, 0), 100, priority: 1);
        Sequence waiting = engine.Submit(Prompt(3, 1), 4);
        foreach (bool paused in (bool[])[false, true, false])
        {
            if (paused)
                engine.Pause(waiting);
            else
                engine.Resume(waiting);
            engine.Step();
            engine.Now += 15;
            engine.Step();
        }

        Assert.Equal((30, 3), (waiting.Waited, waiting.Boost));
    }

    [Fact]
    public void What_was_won_is_kept_while_it_runs_and_after_a_preemption()
    {
        SimulatedEngine engine = new(new() { AgeingInterval = 5, MaxWaste = 1e9 }, blocks: 4, blockSize: 4);
        Sequence first = engine.Submit(Prompt(7, 1), 16, priority: 1);
        engine.Step();
        Sequence second = engine.Submit(Prompt(3, 2), 16);
        while (second.Preemptions == 0)
        {
            engine.Now++;
            engine.Step();
        }

        long boost = second.Boost;
        while (second.State == SequenceState.Waiting)
        {
            engine.Now += 3;
            engine.Step();
        }

        Assert.True(second.Boost > boost);
        Assert.Equal(SequenceState.Finished, first.State);
        boost = second.Boost;
        engine.Now += 100;
        engine.Step();
        Assert.Equal(boost, second.Boost);
        Assert.Equal(boost, second.EffectivePriority);
    }

    [Fact]
    public void A_clock_that_goes_back_makes_nobody_younger()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1, AgeingInterval = 5 }, blocks: 100, blockSize: 4) { Now = 100 };
        engine.Submit(Prompt(3, 0), 100);
        Sequence waiting = engine.Submit(Prompt(3, 1), 4);
        foreach (int now in (int[])[100, 107, 50, 53])
        {
            engine.Now = now;
            engine.Step();
        }

        Assert.Equal((10, 2), (waiting.Waited, waiting.Boost));
    }
}
