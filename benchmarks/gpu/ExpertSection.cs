using Inference.Execution;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>Mixtures of experts: how fast the weights of those are read that some rows choose, no two rows the same while there are enough.</summary>
internal static class ExpertSection
{
    public static void Run(Bench bench)
    {
        ExpertShape shape = bench.Size(ExpertShape.Qwen3, ExpertShape.Toy);
        foreach (TensorType type in bench.Size<TensorType[]>([TensorType.Q8_0, TensorType.Q4_K, TensorType.BF16], [TensorType.Q8_0]))
        {
            using var experts = new ExpertBench(bench.Device, type, shape);
            foreach (int rows in bench.Size<int[]>([1, 8, 32, 256, 2048], [1, 3]))
                Measure(bench, type, experts, rows);
        }
    }

    private static void Measure(Bench bench, TensorType type, ExpertBench experts, int rows)
    {
        ExpertShape shape = experts.Shape;
        using var inputs = new Inputs(bench.Device, Weights.Repeated(rows * shape.Width, seed: 2), shape.Width);
        using DeviceTensor input = inputs.Take(rows);
        // Others in turn, so that none is in the card's cache.
        List<DeviceTensor> scores = [];
        try
        {
            for (int first = 0; first < shape.Experts; first += shape.Chosen)
            {
                using var source = new Inputs(bench.Device, experts.Scores(rows, first), shape.Experts);
                scores.Add(source.Take(rows));
                bench.Device.ReadRow(scores[^1], 0);
            }

            using DeviceTensor output = bench.Device.Allocate(rows, shape.Width);
            output.Rows = rows;
            double seconds = bench.Time(i => experts.Mix(input, scores[i % scores.Count], output), () => bench.Device.ReadRow(output, 0));
            long places = (long)rows * shape.Chosen;
            long bytes = Math.Min(places, shape.Experts) * 3 * BlockFormat.ByteLength(type, (long)shape.Width * shape.Hidden);
            bench.Report.Add(new("experts", $"{type} {shape.Chosen} of {shape.Experts} rows={rows}", bytes / seconds / 1e9, "GB/s")
            {
                Bound = bench.CopyRate > 0 ? bench.CopyRate / 1e9 : null,
                Note = FormattableString.Invariant($"{seconds * 1e6:F1} us, {6.0 * places * shape.Width * shape.Hidden / seconds / 1e12:G3} TFLOP/s"),
            });
        }
        finally
        {
            foreach (DeviceTensor tensor in scores)
                tensor.Dispose();
        }
    }
}
