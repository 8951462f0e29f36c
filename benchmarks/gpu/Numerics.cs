using System.Globalization;
using System.Text.Json;
using Inference.Execution;
using Inference.Formats;

namespace Inference.GpuBenchmark;

/// <summary>Results against float64, and against themselves: a row has the same bits alone and among others.</summary>
internal sealed class Numerics(Bench bench)
{
    public static readonly TensorType[] Types =
        [TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_K, TensorType.Q6_K, TensorType.F16, TensorType.BF16, TensorType.F32];

    private static readonly int[] _rowCounts = [1, 3, 8, 17, 33];

    private readonly Dump? _dump = bench.Settings.Dump is { } folder ? new Dump(folder) : null;

    public static void Run(Bench bench)
    {
        var numerics = new Numerics(bench);
        foreach (TensorType type in Types)
        {
            numerics.Linear(type, bench.Size(1000, 40), bench.Size(4096, 512), bench.Size(130, 9));
            // Enough rows of weights for a card to take the kernels that are made for many rows of the input.
            numerics.ManyRows(type, bench.Size(18500, 40), bench.Size(1280, 256), bench.Size(130, 9), bench.Size(128, 8));
        }

        foreach (TensorType type in bench.Size<TensorType[]>([TensorType.Q8_0, TensorType.Q4_K, TensorType.F16, TensorType.BF16, TensorType.F32], [TensorType.Q8_0, TensorType.BF16]))
            numerics.Experts(type, bench.Size(new ExpertShape(16, 4, 2048, 768), ExpertShape.Toy), bench.Size(70, 9));
        numerics.Attention(bench.Size(new AttentionShape(32, 8, 128, 1 / MathF.Sqrt(128)), new AttentionShape(4, 2, 16, 0.25f)), bench.Size(700, 36));
        numerics._dump?.Save();
    }

    /// <summary>How far an output may be from float64, relative to its norm: activations are rounded to 8 bits for block types, to the weights' type for halves.</summary>
    private static double Tolerance(TensorType type) => type switch
    {
        TensorType.F32 => 1e-5,
        TensorType.F16 => 1e-3,
        TensorType.BF16 => 8e-3,
        _ => 1.5e-2,
    };

    private void Linear(TensorType type, int rows, int columns, int batch)
    {
        Device device = bench.Device;
        using var weights = new Weights(type, rows, columns, seed: 11);
        float[] values = Weights.Normal(batch * columns, 1, seed: 12);
        using DeviceWeight weight = device.Upload(weights.Tensor, WeightUse.Linear);
        device.CompleteUploads();
        using var inputs = new Inputs(device, values, columns);
        float[] together = Compute(batch);
        float[] matrix = new float[rows * columns];
        BlockFormat.Dequantize(type, weights.Bytes, matrix);

        double[] expected = new double[batch * rows];
        Parallel.For(0, expected.Length, i =>
        {
            (int row, int output) = (i / rows, i % rows);
            double sum = 0;
            for (int k = 0; k < columns; k++)
                sum += (double)matrix[(output * columns) + k] * values[(row * columns) + k];
            expected[i] = sum;
        });
        double error = Error(together, expected);
        Check($"{type} against float64", error <= Tolerance(type), string.Create(CultureInfo.InvariantCulture, $"{error:G3} of {Tolerance(type):G2}"));
        bool same = _rowCounts.Where(count => count < batch).All(count => together.AsSpan(0, count * rows).SequenceEqual(Compute(count)));
        Check($"{type} bits at any number of rows", same, "");
        _dump?.Add($"linear {type}", new() { ["rows"] = rows, ["columns"] = columns, ["batch"] = batch }, Tolerance(type), ("weight", matrix), ("input", values), ("output", together));

        float[] Compute(int count)
        {
            using DeviceTensor input = inputs.Take(count);
            using DeviceTensor output = device.Allocate(count, rows);
            output.Rows = count;
            device.Linear(input, [new LinearTarget(weight, null, output)]);
            return Read(output);
        }
    }

    private void Experts(TensorType type, ExpertShape shape, int batch)
    {
        using var experts = new ExpertBench(bench.Device, type, shape);
        float[] values = Weights.Normal(batch * shape.Width, 1, seed: 16), scores = Weights.Normal(batch * shape.Experts, 2, seed: 17);
        using var valueRows = new Inputs(bench.Device, values, shape.Width);
        using var scoreRows = new Inputs(bench.Device, scores, shape.Experts);
        float[] together = Compute(batch);
        // Rounded twice: before the first matrices and before the last.
        double error = Error(together, ExpertNumerics.Expected(experts, values, scores, batch)), most = 2 * Tolerance(type);
        Check($"experts {type} against float64", error <= most, string.Create(CultureInfo.InvariantCulture, $"{error:G3} of {most:G2}"));
        bool same = _rowCounts.Where(count => count < batch).All(count => together.AsSpan(0, count * shape.Width).SequenceEqual(Compute(count)));
        Check($"experts {type} bits at any number of rows", same, "");

        float[] Compute(int count)
        {
            using DeviceTensor input = valueRows.Take(count), score = scoreRows.Take(count), output = bench.Device.Allocate(count, shape.Width);
            output.Rows = count;
            experts.Mix(input, score, output);
            return Read(output);
        }
    }

    /// <summary>The bits of the first rows, and of those from <paramref name="rest"/> on, among many and among few.</summary>
    private void ManyRows(TensorType type, int rows, int columns, int batch, int rest)
    {
        using var weights = new Weights(type, rows, columns, seed: 16);
        float[] values = Weights.Normal(batch * columns, 1, seed: 17);
        using DeviceWeight weight = bench.Device.Upload(weights.Tensor, WeightUse.Linear);
        bench.Device.CompleteUploads();
        using var all = new Inputs(bench.Device, values, columns);
        using var last = new Inputs(bench.Device, values[(rest * columns)..], columns);
        float[] together = Compute(all, batch);
        bool same = _rowCounts.Where(count => count < batch).All(count => together.AsSpan(0, count * rows).SequenceEqual(Compute(all, count)))
            && together.AsSpan(rest * rows).SequenceEqual(Compute(last, batch - rest));
        Check($"{type} bits among many rows", same, "");

        float[] Compute(Inputs inputs, int count)
        {
            using DeviceTensor input = inputs.Take(count);
            using DeviceTensor output = bench.Device.Allocate(count, rows);
            output.Rows = count;
            bench.Device.Linear(input, [new LinearTarget(weight, null, output)]);
            return Read(output);
        }
    }

    private void Attention(AttentionShape shape, int rows)
    {
        Device device = bench.Device;
        (int width, int keyWidth) = (shape.Heads * shape.HeadSize, shape.KvHeads * shape.HeadSize);
        float[] q = Weights.Normal(rows * width, 1, seed: 13);
        // What a cache of halves holds exactly.
        float[] k = Array.ConvertAll(Weights.Normal(rows * keyWidth, 1, seed: 14), value => (float)(Half)value);
        float[] v = Array.ConvertAll(Weights.Normal(rows * keyWidth, 1, seed: 15), value => (float)(Half)value);
        using var queryRows = new Inputs(device, q, width);
        using var keyRows = new Inputs(device, k, keyWidth);
        using var valueRows = new Inputs(device, v, keyWidth);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, Steps.Count(rows), Steps.BlockSize, shape.KvHeads, shape.HeadSize, KvCacheType.F16));

        float[] whole = Step(0, rows);
        double error = Error(whole, Expected(shape, rows, q, k, v));
        Check("attention against float64", error <= 3e-3, string.Create(CultureInfo.InvariantCulture, $"{error:G3} of 0.003"));
        // Position by position over the same cache, as decoding does; and a prompt cut anywhere.
        Check("attention bits in decoding", whole.AsSpan((rows - 1) * width).SequenceEqual(Step(rows - 1, 1)), "");
        Check("attention bits in a cut prompt", whole.AsSpan(rows / 3 * width).SequenceEqual(Step(rows / 3, rows - (rows / 3))), "");
        _dump?.Add("attention", new() { ["heads"] = shape.Heads, ["kv_heads"] = shape.KvHeads, ["head_size"] = shape.HeadSize, ["rows"] = rows }, 3e-3, ("q", q), ("k", k), ("v", v), ("output", whole));

        float[] Step(int first, int count)
        {
            int[] tokens = [.. Enumerable.Range(first, count)];
            var batch = new StepBatch();
            batch.Add(tokens, first, [.. Enumerable.Range(0, Steps.Count(first + count))], wantsLogits: true);
            using DeviceTensor queries = Of(queryRows, count), keys = Of(keyRows, count), values = Of(valueRows, count), output = device.Allocate(count, width);
            output.Rows = count;
            device.Begin(batch);
            queryRows.Embed(queries);
            keyRows.Embed(keys);
            valueRows.Embed(values);
            device.RotateAndStore(queries, keys, values, rope: null, shape, cache, layer: 0);
            device.Attend(queries, shape, sinks: null, cache, layer: 0, output);
            return Read(output);
        }

        DeviceTensor Of(Inputs inputs, int count)
        {
            DeviceTensor tensor = device.Allocate(count, inputs.Columns);
            tensor.Rows = count;
            return tensor;
        }
    }

    private static double[] Expected(AttentionShape shape, int rows, float[] q, float[] k, float[] v)
    {
        (int width, int keyWidth, int size) = (shape.Heads * shape.HeadSize, shape.KvHeads * shape.HeadSize, shape.HeadSize);
        double[] expected = new double[rows * width];
        Parallel.For(0, rows * shape.Heads, item =>
        {
            (int row, int head) = (item / shape.Heads, item % shape.Heads);
            int keyHead = head / (shape.Heads / shape.KvHeads);
            double[] scores = new double[row + 1];
            for (int position = 0; position <= row; position++)
            {
                for (int i = 0; i < size; i++)
                    scores[position] += (double)q[(row * width) + (head * size) + i] * k[(position * keyWidth) + (keyHead * size) + i];
                scores[position] *= shape.Scale;
            }

            double highest = scores.Max();
            double sum = scores.Sum(score => Math.Exp(score - highest));
            for (int position = 0; position <= row; position++)
            {
                double share = Math.Exp(scores[position] - highest) / sum;
                for (int i = 0; i < size; i++)
                    expected[(row * width) + (head * size) + i] += share * v[(position * keyWidth) + (keyHead * size) + i];
            }
        });
        return expected;
    }

    private float[] Read(DeviceTensor tensor)
    {
        float[] values = new float[tensor.Rows * tensor.Columns];
        for (int row = 0; row < tensor.Rows; row++)
            bench.Device.ReadRow(tensor, row).CopyTo(values.AsSpan(row * tensor.Columns));
        return values;
    }

    private static double Error(float[] values, double[] expected)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < values.Length; i++)
        {
            difference += (values[i] - expected[i]) * (values[i] - expected[i]);
            norm += expected[i] * expected[i];
        }

        return Math.Sqrt(difference / norm);
    }

    private void Check(string name, bool holds, string note) => bench.Report.Add(new("numerics", name, holds ? 1 : 0, Result.Pass) { Note = note });
}
