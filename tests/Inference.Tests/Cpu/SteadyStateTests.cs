using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;
using Inference.Tests.Execution;

namespace Inference.Tests.Cpu;

public sealed class SteadyStateTests
{
    [Fact]
    public void Steps_allocate_no_managed_memory()
    {
        const int Width = 64, Heads = 4, KvHeads = 2, HeadSize = 16, Vocabulary = 96, Sequences = 3;
        var random = new Random(1);
        using var device = new CpuDevice(1);
        using DeviceWeight table = device.Upload(Matrix(Vocabulary), WeightUse.Embedding | WeightUse.Linear);
        using DeviceWeight query = device.Upload(Matrix(Heads * HeadSize), WeightUse.Linear);
        using DeviceWeight key = device.Upload(Matrix(KvHeads * HeadSize), WeightUse.Linear);
        using DeviceWeight gain = device.Upload(HostTensor.F32(HostTensor.Normal(random, Width), Width), WeightUse.Vector);
        using DeviceTensor hidden = device.Allocate(8, Width), normal = device.Allocate(8, Width), q = device.Allocate(8, Width);
        using DeviceTensor k = device.Allocate(8, KvHeads * HeadSize), v = device.Allocate(8, KvHeads * HeadSize);
        using DeviceTensor last = device.Allocate(8, Width), logits = device.Allocate(8, Vocabulary);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, 3 * 16, 16, KvHeads, HeadSize, KvCacheType.F16));
        var rope = new Rope(RopeKind.Halves, [1, 0.1, 0.01], 1);
        var shape = new AttentionShape(Heads, KvHeads, HeadSize, 0.25f);
        var batch = new StepBatch();
        int[] blocks = [.. Enumerable.Range(0, 16)];
        int[] tokens = [1, 2, 3];
        int position = 0;

        var norm = new Norm(NormKind.RootMeanSquare, gain, null, 1e-5f);
        for (int i = 0; i < 100; i++)
            Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Step()
        {
            batch.Clear();
            for (int i = 0; i < Sequences; i++)
                batch.Add(tokens.AsSpan(i, 1), position, blocks, wantsLogits: true);
            hidden.Rows = normal.Rows = q.Rows = k.Rows = v.Rows = last.Rows = logits.Rows = batch.RowCount;
            device.Begin(batch);
            device.Embed(table, hidden);
            device.Normalize(hidden, null, norm, normal);
            device.Linear(normal, [new LinearTarget(query, null, q), new LinearTarget(key, null, k), new LinearTarget(key, null, v)]);
            device.RotateAndStore(q, k, v, rope, shape, cache, 0);
            device.Attend(q, shape, null, cache, 0, normal);
            device.Normalize(hidden, normal, norm, hidden);
            device.Gate(hidden, normal, Activation.Silu, hidden);
            device.SelectRows(hidden, last);
            device.Linear(last, [new LinearTarget(table, null, logits)]);
            device.ArgMax(logits);
            device.ReadArgMax(tokens);
            position++;
        }

        StoredTensor Matrix(int rows)
        {
            float[] values = HostTensor.Normal(random, rows * Width);
            var bytes = new byte[BlockFormat.ByteLength(TensorType.Q8_0, values.Length)];
            BlockFormat.Quantize(TensorType.Q8_0, values, bytes);
            return HostTensor.Create(TensorType.Q8_0, bytes, rows, Width);
        }
    }
}
