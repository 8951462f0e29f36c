using Inference.Scheduling;
using Inference.Simulation.Experiments;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;
using static Inference.Simulation.Tests.Simulated;

namespace Inference.Simulation.Tests;

public class BatchingPolicyTests
{
    // One token of prompt, then so many of output, one a second; all waiting at the start, two places.
    private static List<int[]> Serials(string batching, params TraceRequest[] requests) =>
        [.. Simulated.Run(Setup(batching).Shape, requests).Steps.Select(step => step.Select(slice => slice.Serial).ToArray())];

    private static EngineSetup Setup(string batching, int tokens = 512) => BatchingPolicy.From(new Arguments(["--batching", batching, "--window", "2.5", "--whole-prompt-tokens", "100"]), "")[0]
        .Apply(new EngineSetup(Inference.Simulation.Costs.Machine.Presets[0], Shape(new SchedulerOptions { MaxSequences = 2, MaxTokensPerStep = tokens }), new ServiceObjective(1, 1)));

    private static TraceRequest[] Outputs(params int[] outputs) => [.. outputs.Select(output => new TraceRequest(0, 1, output))];

    [Fact]
    public void Continuous_fills_a_place_in_the_step_after_it_is_free() =>
        Assert.Equal([[0, 1], [0, 2], [0, 2], [0, 3]], Serials("continuous", Outputs(4, 1, 2, 1)));

    [Fact]
    public void Static_waits_for_the_longest_of_a_batch() =>
        Assert.Equal([[0, 1], [0], [0], [0], [2, 3], [2]], Serials("static", Outputs(4, 1, 2, 1)));

    [Fact]
    public void Static_starts_with_what_there_is() =>
        Assert.Equal([[0], [0], [1, 2]], Serials("static", new TraceRequest(0, 1, 2), new TraceRequest(1, 1, 1), new TraceRequest(2, 1, 1)));

    [Fact]
    public void Windowed_waits_for_a_full_batch_or_the_window()
    {
        // Two come at once: no wait. The third waits for the window of 2.5 s, in which nothing comes.
        TraceRequest[] requests = [.. Outputs(1, 2), new TraceRequest(Second, 1, 1), new TraceRequest(20 * Second, 1, 1), new TraceRequest(21 * Second, 1, 1)];
        RunSummary summary = Run(Setup("windowed").Shape, requests).Summary;
        Assert.Equal([[0, 1], [1], [2], [3, 4]], Serials("windowed", requests));
        // Ends at 22: the last two started as the second of them came.
        Assert.Equal(22, summary.Seconds);
        Assert.Equal(3.5, summary.FirstToken.P99, 1e-6);
    }

    [Fact]
    public void Whole_prompts_are_not_cut()
    {
        TraceRequest[] requests = [new(0, 40, 1), new(0, 70, 1), new(0, 101, 1)];
        (RunSummary summary, List<(int, int, int)[]> steps) = Run(Setup("whole-prompts", 10).Shape, requests);
        Assert.Equal([[(0, 0, 40)], [(1, 0, 70)]], steps);
        Assert.Equal(1, summary.Refused);
        Assert.Equal(10, Run(Setup("continuous", 10).Shape, requests).Steps[0].Sum(slice => slice.Count));
    }

    [Fact]
    public void Unknown_policies_are_refused() =>
        Assert.Contains("hopeful", Assert.Throws<ArgumentException>(() => BatchingPolicy.From(new Arguments(["--batching", "hopeful"]), "")).Message, StringComparison.Ordinal);
}
