using BenchmarkDotNet.Attributes;
using Inference.KvCache;
using Inference.Scheduling;

namespace Inference.Benchmarks;

/// <summary>What the loop itself costs: plan, commit and append of one step in which everything that runs decodes, with as many waiting. Time is per step.</summary>
[MemoryDiagnoser]
public class SchedulerBenchmark
{
    private const int Steps = 256;
    private Scheduler _scheduler = null!;

    [Params(1, 32, 1000)]
    public int Running { get; set; }

    [Params(0, 1000)]
    public int Waiting { get; set; }

    [IterationSetup]
    public void Fill()
    {
        var options = new SchedulerOptions { MaxSequences = Running, MaxTokensPerStep = Math.Max(512, Running * 4), MaxQueuedSequences = int.MaxValue };
        _scheduler = new Scheduler(options, new BlockPool(Running * 40, 16));
        for (int i = 0; i < Running + Waiting; i++)
            _scheduler.TryEnqueue(new Sequence(i, [i, 1, 2, 3], 600) { Tenant = $"{i % 8}" });
        Decode(16);
    }

    [Benchmark(OperationsPerInvoke = Steps)]
    public void Step() => Decode(Steps);

    private void Decode(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            StepPlan plan = _scheduler.Plan(step);
            _scheduler.Commit(plan);
            foreach (PlannedSlice slice in plan.Slices)
            {
                if (slice.WantsLogits)
                    _scheduler.Append(slice.Sequence, slice.Start);
            }
        }
    }
}
