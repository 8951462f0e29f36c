using Inference.Execution;

namespace Inference.GpuBenchmark;

/// <summary>What an operation costs that does next to nothing, what waiting for the device costs, and what a graph saves of a step of many operations.</summary>
internal static class LaunchSection
{
    public static void Run(Bench bench)
    {
        Device device = bench.Device;
        using var inputs = new Inputs(device, Weights.Normal(2 * 64, 1, seed: 5), 64);
        using DeviceTensor tensor = inputs.Take(1);
        bench.Report.Add(new("launch", "one operation, enqueued", 1e6 * bench.Time(_ => device.Scale(tensor, 1), () => device.ReadRow(tensor, 0)), "us"));
        bench.Report.Add(new("launch", "operation and its result on the host", 1e6 * bench.Time(
            _ =>
            {
                device.Scale(tensor, 1);
                device.ReadRow(tensor, 0);
            },
            () => { }), "us"));

        // As many as the step of a model of 32 layers has. Steps that decode may be repeated as graphs, others are not: two rows of one
        // sequence are a prompt.
        int operations = bench.Size(400, 4);
        double alone = Step(bench, tensor, Steps.Decode(1, 1), operations);
        using DeviceTensor two = inputs.Take(2);
        double plain = Step(bench, two, Steps.Prompt(2), operations);
        using DeviceTensor pair = inputs.Take(2);
        double repeated = Step(bench, pair, Steps.Decode(2, 1), operations);
        bench.Report.Add(new("launch", $"step of {operations} operations, one by one", 1e6 * plain, "us") { Note = $"{1e6 * plain / operations:F2} us each" });
        bench.Report.Add(new("launch", $"step of {operations} operations that may be a graph", 1e6 * repeated, "us") { Note = $"{1e6 * repeated / operations:F2} us each; {1e6 * alone:F0} us for one row" });
    }

    /// <summary>Seconds of a step with its result on the host.</summary>
    private static double Step(Bench bench, DeviceTensor tensor, StepBatch batch, int operations) => bench.Time(
        _ =>
        {
            bench.Device.Begin(batch);
            for (int i = 0; i < operations; i++)
                bench.Device.Scale(tensor, 1);
            bench.Device.ReadRow(tensor, 0);
        },
        () => { });
}
