using Inference.Execution;

namespace Inference.GpuBenchmark;

/// <summary>Attention of the 8B shape (or a toy's) over a paged cache: reading it in decoding, arithmetic in prompts.</summary>
internal static class AttentionSection
{
    public static void Run(Bench bench)
    {
        AttentionShape shape = bench.Size(new AttentionShape(32, 8, 128, 1 / MathF.Sqrt(128)), new AttentionShape(4, 2, 16, 0.25f));
        foreach ((int sequences, int context) in bench.Size<(int, int)[]>([(1, 1024), (1, 16384), (8, 4096), (32, 2048), (128, 1024)], [(1, 40), (3, 24)]))
            Decode(bench, shape, sequences, context);
        foreach (int rows in bench.Size<int[]>([512, 2048, 8192], [24]))
            Prompt(bench, shape, rows);
    }

    private static void Decode(Bench bench, AttentionShape shape, int sequences, int context)
    {
        long bytes = 2L * sequences * context * shape.KvHeads * shape.HeadSize * sizeof(ushort);
        // Layers in turn, so that none is in the card's cache.
        int layers = bench.Size((int)Math.Clamp((512L << 20) / bytes, 1, 32), 2);
        double seconds = Time(bench, shape, Steps.Decode(sequences, context), sequences * Steps.Count(context), layers);
        bench.Report.Add(new("attention", $"decode streams={sequences} context={context}", bytes / seconds / 1e9, "GB/s")
        {
            Bound = bench.CopyRate > 0 ? bench.CopyRate / 1e9 : null,
            Target = Bench.BandwidthTarget,
            Note = $"{seconds * 1e6:F1} us",
        });
    }

    private static void Prompt(Bench bench, AttentionShape shape, int rows)
    {
        double seconds = Time(bench, shape, Steps.Prompt(rows), Steps.Count(rows), layers: 1);
        // Two products, each of half the square.
        double operations = 2.0 * shape.Heads * shape.HeadSize * rows * (rows + 1);
        bench.Report.Add(new("attention", $"prompt rows={rows}", operations / seconds / 1e12, "TFLOP/s") { Note = $"{seconds * 1e6:F0} us" });
    }

    private static double Time(Bench bench, AttentionShape shape, StepBatch batch, int blocks, int layers)
    {
        Device device = bench.Device;
        int rows = batch.RowCount;
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(layers, blocks, Steps.BlockSize, shape.KvHeads, shape.HeadSize, KvCacheType.F16));
        using var queryRows = new Inputs(device, Weights.Repeated(rows * shape.Heads * shape.HeadSize, seed: 3), shape.Heads * shape.HeadSize);
        using var keyRows = new Inputs(device, Weights.Repeated(rows * shape.KvHeads * shape.HeadSize, seed: 4), shape.KvHeads * shape.HeadSize);
        using DeviceTensor queries = queryRows.Take(rows);
        using DeviceTensor keys = keyRows.Take(rows);
        using DeviceTensor output = device.Allocate(rows, queryRows.Columns);
        output.Rows = rows;
        device.Begin(batch);
        for (int layer = 0; layer < layers; layer++)
            device.RotateAndStore(queries, keys, keys, rope: null, shape, cache, layer);
        return bench.Time(i => device.Attend(queries, shape, sinks: null, cache, i % layers, output), () => device.ReadRow(output, 0));
    }
}
