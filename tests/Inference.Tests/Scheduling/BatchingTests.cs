using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class BatchingTests
{
    private static int[] Prompt(int length, int first) => [.. Enumerable.Range(first * 1000, length)];

    private static IEnumerable<long> Step(SimulatedEngine engine) => [.. engine.Step().Select(slice => slice.Sequence.Id)];

    [Fact]
    public void Continuous_fills_a_place_as_soon_as_it_is_free()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 2 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(3, 1), 4);
        engine.Submit(Prompt(3, 2), 6);
        engine.Submit(Prompt(3, 3), 6);
        Assert.Equal([1L, 2], Step(engine));
        Assert.Equal([2L, 3], Step(engine));
    }

    [Fact]
    public void Static_runs_a_batch_to_its_end()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 2, Batching = BatchingMode.Static }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(3, 1), 4);
        Sequence last = engine.Submit(Prompt(3, 2), 8);
        engine.Submit(Prompt(3, 3), 4);
        engine.Submit(Prompt(3, 4), 4);
        engine.Submit(Prompt(3, 5), 4);
        Assert.Equal([1L, 2], Step(engine));
        while (last.State != SequenceState.Finished)
            Assert.Equal([2L], Step(engine));
        Assert.Equal([3L, 4], Step(engine));
        Assert.Equal([5L], Step(engine));
    }

    [Fact]
    public void Static_takes_what_waits_and_nobody_who_comes_later()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 4, MaxTokensPerStep = 8, Batching = BatchingMode.Static }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(6, 1), 8);
        engine.Submit(Prompt(6, 2), 8);
        // The second is of the batch, though its prompt does not fit the first step.
        Assert.Equal([1L, 2], Step(engine));
        engine.Submit(Prompt(6, 3), 8);
        while (engine.Live.Count > 1)
            Assert.DoesNotContain(3L, Step(engine));
        Assert.Equal([3L], Step(engine));
    }

    [Fact]
    public void Static_closes_the_batch_at_the_first_that_does_not_fit()
    {
        SimulatedEngine engine = new(new() { Batching = BatchingMode.Static }, blocks: 8, blockSize: 4);
        engine.Submit(Prompt(7, 1), 8);
        Sequence longest = engine.Submit(Prompt(7, 2), 12);
        Sequence large = engine.Submit(Prompt(20, 3), 24);
        engine.Step();
        Assert.Equal(1, engine.Scheduler.RunningCount);
        while (longest.State != SequenceState.Finished)
        {
            Assert.Equal(SequenceState.Waiting, large.State);
            engine.Step();
        }

        Assert.Equal([3L], Step(engine));
    }

    [Fact]
    public void A_preempted_member_is_still_of_the_batch()
    {
        SimulatedEngine engine = new(new() { Batching = BatchingMode.Static }, blocks: 4, blockSize: 4);
        Sequence first = engine.Submit(Prompt(2, 1), 16), second = engine.Submit(Prompt(3, 2), 16);
        engine.Step();
        Sequence later = engine.Submit(Prompt(2, 3), 4, priority: 9);
        while (first.State != SequenceState.Finished)
            engine.Step();
        Assert.True(second.Preemptions > 0);
        while (second.State != SequenceState.Finished)
        {
            engine.Step();
            Assert.True(later.FirstScheduled < 0);
        }

        engine.Drain(10);
    }

    [Fact]
    public void A_paused_member_holds_nobody_up()
    {
        SimulatedEngine engine = new(new() { Batching = BatchingMode.Static }, blocks: 100, blockSize: 4);
        Sequence paused = engine.Submit(Prompt(3, 1), 9);
        engine.Step();
        engine.Pause(paused);
        engine.Submit(Prompt(3, 2), 4);
        Assert.Equal([2L], Step(engine));
        engine.Drain(20);
    }

    [Fact]
    public void Windowed_waits_for_the_window_or_a_full_batch()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 2, Batching = BatchingMode.Windowed, BatchingWindow = 10 }, blocks: 100, blockSize: 4) { Now = 5 };
        Assert.Equal(long.MaxValue, engine.Scheduler.EarliestDeadline);
        engine.Submit(Prompt(3, 1), 5);
        Assert.Empty(Step(engine));
        Assert.True(engine.Scheduler.HasWork);
        Assert.Equal(15, engine.Scheduler.EarliestDeadline);
        engine.Now = 14;
        Assert.Empty(Step(engine));
        Assert.Equal(15, engine.Scheduler.EarliestDeadline);
        engine.Now = 15;
        Assert.Equal([1L], Step(engine));

        // Then as static; and a full batch needs no window.
        engine.Submit(Prompt(3, 2), 4);
        engine.Submit(Prompt(3, 3), 4);
        engine.Submit(Prompt(3, 4), 4);
        Assert.Equal([1L], Step(engine));
        Assert.Equal([2L, 3], Step(engine));
        Assert.Empty(Step(engine));
        engine.Now = 24;
        Assert.Empty(Step(engine));
        engine.Now = 25;
        Assert.Equal([4L], Step(engine));
    }

    [Fact]
    public void Windows_at_the_end_of_time_do_not_overflow()
    {
        foreach (long now in (long[])[long.MinValue + 1, 0, long.MaxValue - 1])
        {
            SimulatedEngine engine = new(new() { Batching = BatchingMode.Windowed, BatchingWindow = long.MaxValue }, blocks: 100, blockSize: 4) { Now = now };
            engine.Submit(Prompt(3, 1), 5);
            Assert.Empty(Step(engine));
            Assert.True(engine.Scheduler.EarliestDeadline > now);
        }
    }

    [Fact]
    public void Whole_prompts_are_never_cut()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 10, ChunkedPrefill = false, PrefixWindow = 1 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(6, 1), 9);
        engine.Submit(Prompt(6, 2), 9);
        engine.Submit(Prompt(3, 3), 9);
        Assert.Equal([(1L, 6)], engine.Step().Select(slice => (slice.Sequence.Id, slice.Count)));
        Assert.Equal([(1L, 1), (2L, 6), (3L, 3)], engine.Step().Select(slice => (slice.Sequence.Id, slice.Count)));
        // What the cache has of it need not fit the step.
        Sequence again = engine.Submit([.. Prompt(6, 1), 5, 6], 10);
        Assert.Contains(engine.Step(), slice => slice.Sequence == again && slice.Count == 4);
        Assert.Equal(Admission.NeverFits, engine.Offer(Prompt(3, 9), 11, 0, null, null, long.MaxValue, 0).Answer);
        engine.Drain(50);
    }
}
