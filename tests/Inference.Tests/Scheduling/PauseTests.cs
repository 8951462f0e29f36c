using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class PauseTests
{
    private static int[] Prompt(int length, int first) => [.. Enumerable.Range(first * 1000, length)];

    [Fact]
    public void A_paused_sequence_keeps_its_blocks_and_is_not_planned()
    {
        SimulatedEngine engine = new(new(), blocks: 100, blockSize: 4);
        Sequence slow = engine.Submit(Prompt(6, 1), 20), other = engine.Submit(Prompt(6, 2), 20);
        engine.Step();
        engine.Pause(slow);
        int[] blocks = slow.Blocks.ToArray();
        Assert.Equal([other], engine.Step().Select(slice => slice.Sequence));
        Assert.Equal(blocks, slow.Blocks.ToArray());
        engine.Resume(slow);
        Assert.Equal(2, engine.Step().Length);
        engine.Drain(50);
    }

    [Fact]
    public void With_all_paused_there_is_no_work_and_with_one_resumed_there_is()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1 }, blocks: 100, blockSize: 4);
        Sequence running = engine.Submit(Prompt(6, 1), 20);
        engine.Step();
        Sequence waiting = engine.Submit(Prompt(6, 2), 20);
        engine.Pause(running);
        engine.Pause(waiting);
        Assert.False(engine.Scheduler.HasWork);
        Assert.Empty(engine.Step());
        Assert.Equal(SequenceState.Waiting, waiting.State);
        engine.Resume(running);
        Assert.True(engine.Scheduler.HasWork);
        Assert.Equal([running], engine.Step().Select(slice => slice.Sequence));
        engine.Drain(50);
    }

    [Fact]
    public void Readers_that_stopped_do_not_keep_others_out()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 2 }, blocks: 4, blockSize: 4);
        Sequence slow = engine.Submit(Prompt(6, 1), 16);
        engine.Step();
        engine.Pause(slow);
        // Not enough blocks beside it.
        Sequence large = engine.Submit(Prompt(12, 2), 16);
        Assert.Equal([large], engine.Step().Select(slice => slice.Sequence));
        Assert.Equal(1, slow.Preemptions);
        engine.Resume(slow);
        while (large.State != SequenceState.Finished)
            engine.Step();
        engine.Step();
        Assert.Equal(SequenceState.Running, slow.State);

        // Blocks enough, but no place.
        SimulatedEngine single = new(new() { MaxSequences = 1 }, blocks: 100, blockSize: 4);
        slow = single.Submit(Prompt(6, 1), 16);
        single.Step();
        single.Pause(slow);
        Sequence next = single.Submit(Prompt(6, 2), 8);
        Assert.Equal([next], single.Step().Select(slice => slice.Sequence));
        single.Drain(50);
        // Its full block came back from the cache.
        Assert.Equal(1, slow.Preemptions);
    }

    [Fact]
    public void A_pause_between_plan_and_commit_counts_from_the_next_step()
    {
        SimulatedEngine engine = new(new(), blocks: 100, blockSize: 4);
        Sequence sequence = engine.Submit(Prompt(6, 1), 20);
        engine.Step(beforeForward: () => engine.Pause(sequence));
        Assert.Equal((6, 7), (sequence.Computed, sequence.Length));
        Assert.Empty(engine.Step());
    }
}
