using FsCheck;
using FsCheck.Fluent;
using Inference.Execution;
using Inference.Ilgpu.Graphs;

namespace Inference.Ilgpu.Tests.Graphs;

public class StepGraphsTests
{
    private readonly List<int> _executed = [];
    private readonly FakeGraphDriver _driver;
    private int _failures;

    public StepGraphsTests() => _driver = new FakeGraphDriver(_executed);

    [Fact]
    public void The_third_step_of_a_key_is_one_launch()
    {
        using StepGraphs graphs = Create();
        for (int i = 0; i < 10; i++)
            Step(graphs, 4, [1, 2, 3]);
        Assert.Equal([.. Enumerable.Repeat((int[])[1, 2, 3], 10).SelectMany(step => step)], _executed);
        Assert.Equal((9, 1), (graphs.Launches, _driver.Alive));
    }

    [Fact]
    public void Steps_without_a_key_are_executed_at_once()
    {
        using StepGraphs graphs = Create();
        graphs.Begin(null);
        graphs.Run(new StepOperation { Number = 7 });
        Assert.Equal([7], _executed);
        Assert.Equal(0, _driver.Calls);
    }

    [Fact]
    public void An_operation_that_is_not_the_recorded_one_ends_the_graph_and_not_the_step()
    {
        using StepGraphs graphs = Create();
        for (int i = 0; i < 3; i++)
            Step(graphs, 4, [1, 2, 3]);
        _executed.Clear();
        Step(graphs, 4, [1, 2, 4, 5]);
        Assert.Equal([1, 2, 4, 5], _executed);
        // More or fewer operations than recorded, too.
        _executed.Clear();
        Step(graphs, 4, [1, 2, 3, 9]);
        Step(graphs, 4, [1]);
        Step(graphs, 4, []);
        Assert.Equal([1, 2, 3, 9, 1], _executed);
        Assert.Equal(0, _failures);
    }

    [Fact]
    public void Targets_are_compared_one_by_one()
    {
        using StepGraphs graphs = Create();
        LinearTarget first = new(null!, null, null!);
        StepOperation linear = new() { Kind = StepOperationKind.Linear, Number = 1 };
        foreach (int targets in (int[])[1, 1, 1, 2])
        {
            graphs.Begin(new StepKey(1, 1, 1, 1));
            graphs.Run(linear, Enumerable.Repeat(first, targets).ToArray());
            graphs.Flush();
        }

        Assert.Equal(2, graphs.Launches);
        Assert.Equal([1, 1, 1, 1], _executed);
    }

    [Fact]
    public void A_fault_in_a_recorded_step_leaves_no_recording_open()
    {
        bool broken = false;
        using StepGraphs graphs = new(_driver, (in StepOperation operation, ReadOnlySpan<LinearTarget> _) => _executed.Add(broken ? throw new InvalidOperationException("broken") : operation.Number), () => _failures++);
        Step(graphs, 1, [1, 2]);
        broken = true;
        Assert.Throws<InvalidOperationException>(() => Step(graphs, 1, [1, 2]));
        Assert.False(_driver.IsRecording);
        broken = false;
        for (int i = 0; i < 4; i++)
            Step(graphs, 1, [1, 2]);
        Assert.Equal(3, graphs.Launches);
        Assert.Equal([1, 2, 1, 2, 1, 2, 1, 2, 1, 2], _executed);
    }

    [Fact]
    public void A_driver_without_graphs_is_none()
    {
        using StepGraphs graphs = new(null, Execute);
        for (int i = 0; i < 4; i++)
            Step(graphs, 1, [1, 2]);
        Assert.Equal([1, 2, 1, 2, 1, 2, 1, 2], _executed);
        Assert.Equal(0, graphs.Launches);
    }

    [Fact]
    public void Whatever_comes_and_fails_is_executed_once_and_in_order()
    {
        Gen<(int Key, int[] Operations)> steps =
            from key in Gen.Choose(0, 90)
            from other in Gen.Choose(0, 9)
            from extra in Gen.ArrayOf(Gen.Choose(0, 5))
            // Most steps of a key are alike, and most keys are few.
            let few = key < 45 ? key % 3 : key
            select (few, other == 0 ? extra : [few, few + 1, few + 2]);
        Prop.ForAll(Arb.From(from list in Gen.ListOf(steps, 120) from fails in Gen.Choose(0, 400) select (list, fails)), test =>
        {
            List<int> executed = [];
            FakeGraphDriver driver = new(executed) { FailsAfter = test.fails < 200 ? test.fails : null };
            int failures = 0;
            using (StepGraphs graphs = new(driver, (in StepOperation operation, ReadOnlySpan<LinearTarget> _) => executed.Add(operation.Number), () => failures++))
            {
                List<int> expected = [];
                foreach ((int key, int[] operations) in test.list)
                {
                    Step(graphs, key, operations);
                    expected.AddRange(operations);
                    Assert.Equal(expected, executed);
                }
            }

            Assert.Equal(0, driver.Alive);
            Assert.InRange(failures, 0, 1);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private StepGraphs Create() => new(_driver, Execute, () => _failures++);

    private void Execute(in StepOperation operation, ReadOnlySpan<LinearTarget> targets) => _executed.Add(operation.Number);

    private static void Step(StepGraphs graphs, int rows, int[] operations)
    {
        graphs.Begin(new StepKey(rows, rows, 1, 1));
        foreach (int operation in operations)
            graphs.Run(new StepOperation { Number = operation });
        graphs.Flush();
    }
}
