using Inference.Execution;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>Matrix times few rows: how much of the bandwidth of a copy the weights are read with.</summary>
internal static class MatVecSection
{
    // More than any card's cache holds.
    private const long BytesInTurn = 256L << 20;

    public static void Run(Bench bench)
    {
        (int Rows, int Columns)[] shapes = bench.Size<(int, int)[]>([(4096, 4096), (14336, 4096), (4096, 14336), (128256, 4096)], [(64, 256)]);
        foreach ((int rows, int columns) in shapes)
        {
            foreach (TensorType type in Numerics.Types)
            {
                // Every type at one shape; the others for the types that matter most.
                if (!bench.Settings.Toy && rows != 14336 && type is not (TensorType.Q8_0 or TensorType.Q4_K or TensorType.BF16))
                    continue;
                foreach (int batch in bench.Size<int[]>(rows == 14336 ? [1, 8, 32] : [1], [1, 3]))
                    Measure(bench, type, rows, columns, batch);
            }
        }
    }

    /// <summary>Seconds that a linear layer takes, with weights that are not in the card's cache.</summary>
    public static double Time(Bench bench, TensorType type, int rows, int columns, int batch)
    {
        Device device = bench.Device;
        using var weights = new Weights(type, rows, columns, seed: 1);
        int copies = bench.Size((int)Math.Clamp(BytesInTurn / weights.Tensor.ByteLength, 1, 16), 2);
        DeviceWeight[] uploaded = [.. Enumerable.Range(0, copies).Select(_ => device.Upload(weights.Tensor, WeightUse.Linear))];
        device.CompleteUploads();
        using var inputs = new Inputs(device, Weights.Repeated(batch * columns, seed: 2), columns);
        using DeviceTensor input = inputs.Take(batch);
        using DeviceTensor output = device.Allocate(batch, rows);
        output.Rows = batch;
        try
        {
            return bench.Time(i => device.Linear(input, [new LinearTarget(uploaded[i % copies], null, output)]), () => device.ReadRow(output, 0));
        }
        finally
        {
            foreach (DeviceWeight weight in uploaded)
                weight.Dispose();
        }
    }

    private static void Measure(Bench bench, TensorType type, int rows, int columns, int batch)
    {
        double seconds = Time(bench, type, rows, columns, batch);
        long bytes = BlockFormat.ByteLength(type, (long)rows * columns);
        bench.Report.Add(new("mat-vec", $"{type} {rows}x{columns} rows={batch}", bytes / seconds / 1e9, "GB/s")
        {
            Bound = bench.CopyRate > 0 ? bench.CopyRate / 1e9 : null,
            Target = batch == 1 ? Bench.BandwidthTarget : null,
            Note = $"{seconds * 1e6:F1} us",
        });
    }
}
