using Inference.Execution;

namespace Inference.GpuBenchmark;

/// <summary>What an operation costs that does next to nothing, and what waiting for the device costs.</summary>
internal static class LaunchSection
{
    public static void Run(Bench bench)
    {
        Device device = bench.Device;
        using var inputs = new Inputs(device, Weights.Normal(64, 1, seed: 5), 64);
        using DeviceTensor tensor = inputs.Take(1);
        bench.Report.Add(new("launch", "one operation, enqueued", 1e6 * bench.Time(_ => device.Scale(tensor, 1), () => device.ReadRow(tensor, 0)), "us"));
        bench.Report.Add(new("launch", "operation and its result on the host", 1e6 * bench.Time(
            _ =>
            {
                device.Scale(tensor, 1);
                device.ReadRow(tensor, 0);
            },
            () => { }), "us"));
    }
}
