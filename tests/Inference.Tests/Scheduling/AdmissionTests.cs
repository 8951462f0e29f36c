using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class AdmissionTests
{
    private static int[] Prompt(int length, int first = 0) => [.. Enumerable.Range(first * 1000, length)];

    private static IEnumerable<long> Admitted(SimulatedEngine engine) => engine.Step().Where(slice => slice.Start == 0).Select(slice => slice.Sequence.Id);

    [Fact]
    public void What_could_not_finish_alone_is_refused()
    {
        SimulatedEngine engine = new(new(), blocks: 4, blockSize: 4);
        Assert.Equal(Admission.NeverFits, engine.Offer(Prompt(3), 17, 0, null, null, long.MaxValue, 0).Answer);
        engine.Submit(Prompt(3), 16);
        engine.Drain(20);
        // No room for a spare block, and no need of one.
        engine.Submit(Prompt(16), 16);
        engine.Drain(20);
    }

    [Fact]
    public void A_full_queue_refuses_and_takes_again_when_there_is_room()
    {
        SimulatedEngine engine = new(new() { MaxQueuedSequences = 2, MaxSequences = 1 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(3, 1), 9);
        engine.Submit(Prompt(3, 2), 9);
        (Admission answer, Sequence refused) = engine.Offer(Prompt(3, 3), 9, 0, null, null, long.MaxValue, 0);
        Assert.Equal(Admission.QueueFull, answer);
        Assert.Equal(SequenceState.Created, refused.State);
        engine.Step();
        Assert.Equal(Admission.Accepted, engine.Scheduler.TryEnqueue(refused));
        engine.Scheduler.Finish(refused);
        engine.Drain(50);
    }

    [Fact]
    public void Preempted_sequences_do_not_fill_the_queue()
    {
        SimulatedEngine engine = new(new() { MaxQueuedSequences = 1 }, blocks: 4, blockSize: 4);
        engine.Submit(Prompt(7, 1), 16);
        engine.Step();
        Sequence second = engine.Submit(Prompt(3, 2), 16);
        engine.Step();
        while (second.Preemptions == 0)
            engine.Step();
        Assert.Equal(1, engine.Scheduler.WaitingCount);
        engine.Submit(Prompt(3, 3), 16);
        engine.Drain(100);
    }

    [Fact]
    public void A_prompt_waits_until_it_fits_with_a_block_to_spare_and_none_passes_it()
    {
        SimulatedEngine engine = new(new() { MaxBypasses = 1000 }, blocks: 6, blockSize: 4);
        Sequence first = engine.Submit(Prompt(7, 1), 9);
        engine.Submit(Prompt(16, 2), 20);
        engine.Submit(Prompt(2, 3), 4);
        Assert.Equal([1L], Admitted(engine));
        Assert.Empty(Admitted(engine));
        Assert.Equal(SequenceState.Finished, first.State);
        Assert.Equal([2L, 3], Admitted(engine));
        engine.Drain(100);
    }

    [Fact]
    public void Order_is_priority_then_arrival()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1 }, blocks: 100, blockSize: 4);
        int[] priorities = [0, 1, -1, 1, 0];
        for (int i = 0; i < priorities.Length; i++)
            engine.Submit(Prompt(3, i), 4, priorities[i]);
        Assert.Equal([2L, 4, 1, 5, 3], Enumerable.Range(0, 5).SelectMany(_ => Admitted(engine)));
    }

    [Fact]
    public void First_scheduled_is_the_time_of_the_first_admission()
    {
        SimulatedEngine engine = new(new() { MaxSequences = 1 }, blocks: 100, blockSize: 4) { Now = 5 };
        Sequence first = engine.Submit(Prompt(3, 1), 4), second = engine.Submit(Prompt(3, 2), 6);
        engine.Step();
        Assert.Equal(-1, second.FirstScheduled);
        engine.Now = 8;
        engine.Step();
        engine.Now = 9;
        engine.Step();
        Assert.Equal((5, 8), (first.FirstScheduled, second.FirstScheduled));
    }
}
