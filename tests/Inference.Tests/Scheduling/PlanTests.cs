using Inference.KvCache;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

public class PlanTests
{
    private static int[] Prompt(int length, int first = 0) => [.. Enumerable.Range(first * 1000, length)];

    private static (long Id, int Start, int Count, bool Logits)[] Shapes(PlannedSlice[] slices) =>
        [.. slices.Select(slice => (slice.Sequence.Id, slice.Start, slice.Count, slice.WantsLogits))];

    [Fact]
    public void A_long_prompt_is_computed_in_pieces_beside_the_streams()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 8 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(3, 1), 50);
        Assert.Equal([(1, 0, 3, true)], Shapes(engine.Step()));
        engine.Submit(Prompt(20, 2), 50);
        Assert.Equal([(1, 3, 1, true), (2, 0, 7, false)], Shapes(engine.Step()));
        Assert.Equal([(1, 4, 1, true), (2, 7, 7, false)], Shapes(engine.Step()));
        Assert.Equal([(1, 5, 1, true), (2, 14, 6, true)], Shapes(engine.Step()));
        Assert.Equal([(1, 6, 1, true), (2, 20, 1, true)], Shapes(engine.Step()));
    }

    [Fact]
    public void Running_prompts_go_on_in_order_of_admission_whatever_their_priority()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 8 }, blocks: 100, blockSize: 4);
        engine.Submit(Prompt(10, 1), 50);
        engine.Step();
        engine.Submit(Prompt(10, 2), 50, priority: 5);
        Assert.Equal([(1, 8, 2, true), (2, 0, 6, false)], Shapes(engine.Step()));
        engine.Submit(Prompt(10, 3), 50, priority: 9);
        Assert.Equal([(1, 10, 1, true), (2, 6, 4, true), (3, 0, 3, false)], Shapes(engine.Step()));
    }

    [Fact]
    public void No_more_run_than_can_all_decode_in_one_step()
    {
        SimulatedEngine engine = new(new() { MaxTokensPerStep = 3, MaxSequences = 8 }, blocks: 100, blockSize: 4);
        for (int i = 0; i < 5; i++)
            engine.Submit(Prompt(1, i), 50);
        Assert.Equal(3, engine.Step().Length);
        Assert.Equal([1L, 2, 3], engine.Step().Select(slice => slice.Sequence.Id));
        Assert.Equal(2, engine.Scheduler.WaitingCount);
    }

    [Fact]
    public void A_plan_that_is_not_committed_is_planned_again()
    {
        Scheduler scheduler = new(new() { MaxTokensPerStep = 4 }, new BlockPool(10, 4));
        scheduler.TryEnqueue(new Sequence(1, Prompt(6), 8));
        PlannedSlice first = scheduler.Plan(0).Slices[0];
        Assert.Equal(first, scheduler.Plan(1).Slices[0]);
    }

    [Fact]
    public void A_sequence_finished_between_plan_and_commit_is_left_out()
    {
        SimulatedEngine engine = new(new(), blocks: 4, blockSize: 4);
        Sequence gone = engine.Submit(Prompt(5, 1), 8), stays = engine.Submit(Prompt(5, 2), 8);
        engine.Step(beforeCommit: () => engine.Finish(gone));
        Assert.Equal(SequenceState.Finished, gone.State);
        Assert.Equal(0, gone.Blocks.Length);
        Assert.Equal(6, stays.Length);
        Assert.Equal(1, engine.Pool.IndexedCount);
        engine.Finish(gone);
        Assert.Equal(2, engine.Pool.FreeCount);
    }

    [Fact]
    public void Calls_out_of_order_are_errors()
    {
        Scheduler scheduler = new(new(), new BlockPool(10, 4));
        Sequence sequence = new(1, Prompt(3), 4);
        Assert.Throws<InvalidOperationException>(() => scheduler.Append(sequence, 0));
        scheduler.TryEnqueue(sequence);
        Assert.Throws<InvalidOperationException>(() => scheduler.TryEnqueue(sequence));
        StepPlan plan = scheduler.Plan(0);
        Assert.Throws<InvalidOperationException>(() => scheduler.Append(sequence, 0));
        scheduler.Commit(plan);
        Assert.Throws<InvalidOperationException>(() => scheduler.Commit(plan));
        scheduler.Append(sequence, 0);
        scheduler.Commit(scheduler.Plan(1));
        Assert.Throws<InvalidOperationException>(() => scheduler.Append(sequence, 0));

        Scheduler other = new(new(), new BlockPool(10, 4));
        Assert.Throws<InvalidOperationException>(() => other.Commit(plan));
        Assert.Throws<InvalidOperationException>(() => other.Finish(sequence));
        scheduler.Finish(sequence);
        scheduler.Finish(sequence);
        Assert.Throws<InvalidOperationException>(() => scheduler.TryEnqueue(sequence));
    }

    [Fact]
    public void Limits_out_of_range_are_refused()
    {
        BlockPool pool = new(1, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Scheduler(new() { MaxTokensPerStep = 0 }, pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Scheduler(new() { MaxSequences = 0 }, pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Scheduler(new() { MaxQueuedSequences = 0 }, pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Scheduler(new() { MaxBypasses = -1 }, pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Scheduler(new() { PrefixWindow = 0 }, pool));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sequence(1, [], 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sequence(1, [1, 2], 1));
    }

    [Fact]
    public void Steady_decoding_allocates_nothing()
    {
        Scheduler scheduler = new(new() { MaxSequences = 16 }, new BlockPool(16 * 70, 16));
        for (int i = 0; i < 16; i++)
            scheduler.TryEnqueue(new Sequence(i, Prompt(20, i), 1100) { Tenant = i % 2 == 0 ? "a" : null });
        // Lists that double have room for all steps measured after this: 680 tokens in lists of 1344, 43 blocks in lists of 64.
        Decode(scheduler, 660);
        Assert.Equal(0, Allocated.Least(() => Decode(scheduler, 75)));
    }

    private static void Decode(Scheduler scheduler, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            StepPlan plan = scheduler.Plan(step);
            scheduler.Commit(plan);
            foreach (PlannedSlice slice in plan.Slices)
            {
                if (slice.WantsLogits)
                    scheduler.Append(slice.Sequence, slice.Start);
            }
        }
    }
}
