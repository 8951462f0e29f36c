using System.Diagnostics;
using Inference.KvCache;
using Inference.Scheduling;

namespace Inference.Tests.Scheduling;

/// <summary>What planning and committing cost beside the computation: nothing that is allocated, and time in proportion to what runs.</summary>
public class LoopCostTests
{
    private const int Warm = 300;

    private static Scheduler Decoding(int running, int waiting)
    {
        SchedulerOptions options = new() { MaxSequences = running, MaxTokensPerStep = running * 4, MaxQueuedSequences = int.MaxValue, AgeingInterval = 100, PrefixWindow = 1 };
        Scheduler scheduler = new(options, new BlockPool(running * 70, 16));
        for (int i = 0; i < running + waiting; i++)
            scheduler.TryEnqueue(new Sequence(i, [i, 1, 2, 3], 1100) { Tenant = $"{i % 5}" });
        Decode(scheduler, Warm);
        Assert.Equal((running, waiting), (scheduler.RunningCount, scheduler.WaitingCount));
        return scheduler;
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

    private static double BestStep(Scheduler scheduler)
    {
        long best = long.MaxValue;
        for (int i = 0; i < 60; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Decode(scheduler, 1);
            best = Math.Min(best, Stopwatch.GetTimestamp() - start);
        }

        return best;
    }

    [Theory]
    [InlineData(32, 0)]
    [InlineData(32, 2000)]
    [InlineData(1000, 1000)]
    public void Steady_steps_allocate_nothing(int running, int waiting)
    {
        Scheduler scheduler = Decoding(running, waiting);
        // Lists that double have room for these: 304 to 344 tokens in lists of 544 and more, 20 to 22 blocks in lists of 32.
        Assert.Equal(0, Allocated.Least(() => Decode(scheduler, 10)));
    }

    [Fact]
    public void Time_grows_with_what_runs_and_not_with_its_square()
    {
        // Thirty times as many: a square would be nine hundred times as long. The best of many each, so that the machine's other work does not count.
        double few = BestStep(Decoding(32, 32)), many = BestStep(Decoding(1024, 1024));
        Assert.True(many < 32 * 6 * few, $"{many / few:f0} times as long for 32 times as many");
    }
}
