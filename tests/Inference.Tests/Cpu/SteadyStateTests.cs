using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;
using Inference.Tests.Execution;

namespace Inference.Tests.Cpu;

public sealed class SteadyStateTests
{
    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.Q8_0)]
    public void Steps_of_other_architectures_allocate_no_managed_memory(TensorType type)
    {
        const int Width = 64, HiddenWidth = 96, Experts = 40, Most = 6;
        var random = new Random(2);
        using var device = new CpuDevice(1);
        using DeviceWeight table = device.Upload(Weight(64, Width), WeightUse.Embedding), router = device.Upload(Weight(Experts, Width), WeightUse.Linear);
        using DeviceWeight vector = device.Upload(HostTensor.F32(HostTensor.Normal(random, Width), Width), WeightUse.Vector);
        using DeviceWeight sinks = device.Upload(HostTensor.F32(HostTensor.Normal(random, 4), 4), WeightUse.Vector);
        LinearWeight[] up = [.. Enumerable.Range(0, Experts).Select(_ => new LinearWeight(device.Upload(Weight(HiddenWidth, Width), WeightUse.Linear), null))];
        LinearWeight[] down = [.. Enumerable.Range(0, Experts).Select(_ => new LinearWeight(device.Upload(Weight(Width, HiddenWidth), WeightUse.Linear), vector))];
        using DeviceTensor hidden = device.Allocate(Most, Width), other = device.Allocate(Most, Width), scores = device.Allocate(Most, Experts);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(1, 24, 16, 4, 16, KvCacheType.Q8_0));
        var layer = new ExpertLayer([.. up], [.. up], [.. down]);
        var routing = new ExpertRouting(4, false, Activation.ClampedSwiglu);
        var shape = new AttentionShape(4, 4, 16, 0.25f) { Window = 20, SoftCap = 5 };
        var norm = new Norm(NormKind.Layer, vector, vector, 1e-5f);
        var batch = new StepBatch();
        int[] tokens = [1, 12, 43, 7, 25, 60];
        int[] blocks = [.. Enumerable.Range(0, 24)];

        for (int i = 0; i < 60; i++)
            Step(i);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 60; i++)
                Step(i);
        }));
        foreach (LinearWeight weight in (LinearWeight[])[.. up, .. down])
            weight.Weight.Dispose();

        void Step(int position)
        {
            batch.Clear();
            // Other rows go to other experts each time.
            int rows = 1 + position % Most;
            for (int i = 0; i < rows; i++)
                batch.Add(tokens.AsSpan((i + position) % Most, 1), position, blocks.AsSpan(i * 4, 4), wantsLogits: false);
            hidden.Rows = other.Rows = scores.Rows = rows;
            device.Begin(batch);
            device.Embed(table, hidden);
            device.EmbedPositions(table, hidden);
            device.Scale(hidden, 3);
            device.Normalize(hidden, null, norm, other);
            device.RotateAndStore(other, other, other, null, shape, cache, 0);
            device.Attend(other, shape, sinks, cache, 0, other);
            device.Add(hidden, other);
            device.NormalizedLinear(hidden, other, norm, [new LinearTarget(router, null, scores)]);
            device.SoftCap(scores, 4);
            device.MixExperts(hidden, scores, routing, layer, other);
            device.Gate(other, null, Activation.Gelu, other);
        }

        StoredTensor Weight(int rows, int columns)
        {
            float[] values = HostTensor.Normal(random, rows * columns);
            var bytes = new byte[BlockFormat.ByteLength(type, values.Length)];
            BlockFormat.Quantize(type, values, bytes);
            return HostTensor.Create(type, bytes, rows, columns);
        }
    }

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
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 25; i++)
                Step();
        }));

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
