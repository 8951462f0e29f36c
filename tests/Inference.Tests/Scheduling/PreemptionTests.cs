using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class PreemptionTests
{
    private static int[] Prompt(int length, int first) => [.. Enumerable.Range(first * 1000, length)];

    /// <summary>Three streams in six blocks of four, two blocks each; the first to need a third block finds none free.</summary>
    private static (SimulatedEngine Engine, Sequence[] All) Crowded(int[] lengths, int[] priorities)
    {
        SimulatedEngine engine = new(new(), blocks: 6, blockSize: 4);
        Sequence[] all = new Sequence[lengths.Length];
        for (int i = 0; i < lengths.Length; i++)
        {
            all[i] = engine.Submit(Prompt(lengths[i], i), 24, priorities[i]);
            engine.Step();
        }

        return (engine, all);
    }

    private static Sequence FirstVictim(SimulatedEngine engine, Sequence[] all)
    {
        for (int step = 0; step < 20; step++)
        {
            engine.Step();
            if (all.FirstOrDefault(one => one.Preemptions > 0) is { } victim)
                return victim;
        }

        throw new InvalidOperationException("None was preempted.");
    }

    [Fact]
    public void The_lowest_priority_gives_way()
    {
        (SimulatedEngine engine, Sequence[] all) = Crowded([5, 3, 2], [2, 0, 1]);
        Assert.Same(all[1], FirstVictim(engine, all));
        engine.Drain(200);
    }

    [Fact]
    public void Who_came_first_does_not_give_way()
    {
        SimulatedEngine engine = new(new(), blocks: 4, blockSize: 4);
        Sequence first = engine.Submit(Prompt(2, 1), 16), second = engine.Submit(Prompt(3, 2), 16);
        while (first.State != SequenceState.Finished)
            engine.Step();
        Assert.Equal(0, first.Preemptions);
        Assert.True(second.Preemptions > 0);
        engine.Drain(100);
    }

    [Fact]
    public void A_stream_stalls_rather_than_take_from_those_that_outrank_it()
    {
        SimulatedEngine engine = new(new(), blocks: 5, blockSize: 8);
        Sequence earlier = engine.Submit(Prompt(9, 1), 16);
        engine.Step();
        Sequence stream = engine.Submit(Prompt(14, 2), 24);
        engine.Step();
        Sequence higher = engine.Submit(Prompt(2, 3), 8, priority: 1);
        int stalled = 0;
        while (stream.State != SequenceState.Finished)
        {
            PlannedSlice[] slices = engine.Step();
            stalled += slices.Any(slice => slice.Sequence == stream) ? 0 : 1;
        }

        Assert.True(stalled > 0);
        Assert.Equal((0, 0, 0), (earlier.Preemptions, stream.Preemptions, higher.Preemptions));
    }

    [Fact]
    public void Paused_sequences_give_way_first_whatever_their_rank()
    {
        (SimulatedEngine engine, Sequence[] all) = Crowded([5, 3, 2], [2, 0, 1]);
        engine.Pause(all[0]);
        Assert.Same(all[0], FirstVictim(engine, all));
        Assert.Equal(SequenceState.Waiting, all[0].State);
        engine.Drain(200);
    }

    [Fact]
    public void The_preempted_one_is_first_of_its_class_and_gets_blocks_back()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 2 }, blocks: 5, blockSize: 4);
        engine.Submit(Prompt(7, 1), 16, priority: 1);
        engine.Step();
        Sequence second = engine.Submit(Prompt(8, 2), 14);
        Sequence third = engine.Submit(Prompt(3, 3), 4, tenant: "other");
        while (second.Preemptions == 0)
            engine.Step();
        PlannedSlice[] slices = [];
        while (second.State == SequenceState.Waiting)
            slices = engine.Step();

        // Of its two full blocks the later one was taken from it.
        Assert.Equal(4, slices.First(slice => slice.Sequence == second).Start);
        Assert.Equal(0, second.CachedTokens);
        engine.Drain(100);
        Assert.True(second.Admitted < third.Admitted);
    }

    [Fact]
    public void It_is_not_admitted_again_until_it_fits_whole_with_a_block_to_spare()
    {
        SimulatedEngine engine = new(new(), blocks: 5, blockSize: 4);
        Sequence first = engine.Submit(Prompt(7, 1), 20), second = engine.Submit(Prompt(7, 2), 20);
        while (first.State != SequenceState.Finished)
            engine.Step();
        Assert.Equal(1, second.Preemptions);
        engine.Drain(100);
        Assert.Equal(1, second.Preemptions);
    }
}
