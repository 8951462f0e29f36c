using Inference.Execution;
using Inference.Formats;

namespace Inference.Tests.Engine;

/// <summary>A device in front of another, for faults and gates.</summary>
internal sealed class DelegatingDevice(Device inner) : Device
{
    /// <summary>Called at the start of every step with its number, from 0; may throw or wait.</summary>
    public Action<int, StepBatch>? OnStep { get; set; }

    /// <summary>Called for every row that is read.</summary>
    public Func<ReadOnlyMemory<float>, float[]>? OnRead { get; set; }

    public int Steps { get; private set; }

    public override string Name => inner.Name;

    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use) => inner.Upload(tensor, use);

    public override DeviceTensor Allocate(int capacity, int columns) => inner.Allocate(capacity, columns);

    public override DeviceKvCache AllocateKvCache(KvCacheShape shape) => inner.AllocateKvCache(shape);

    public override void Begin(StepBatch batch)
    {
        OnStep?.Invoke(Steps++, batch);
        inner.Begin(batch);
    }

    public override void Embed(DeviceWeight table, DeviceTensor destination) => inner.Embed(table, destination);

    public override void RmsNorm(DeviceTensor hidden, DeviceTensor? addend, DeviceWeight gain, float epsilon, DeviceTensor destination) =>
        inner.RmsNorm(hidden, addend, gain, epsilon, destination);

    public override void Linear(DeviceTensor input, ReadOnlySpan<LinearTarget> targets) => inner.Linear(input, targets);

    public override void RotateAndStore(DeviceTensor queries, DeviceTensor keys, DeviceTensor values, Rope? rope, AttentionShape shape, DeviceKvCache cache, int layer) =>
        inner.RotateAndStore(queries, keys, values, rope, shape, cache, layer);

    public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceKvCache cache, int layer, DeviceTensor destination) =>
        inner.Attend(queries, shape, cache, layer, destination);

    public override void Gate(DeviceTensor gate, DeviceTensor up, Activation activation, DeviceTensor destination) =>
        inner.Gate(gate, up, activation, destination);

    public override void SelectRows(DeviceTensor source, DeviceTensor destination) => inner.SelectRows(source, destination);

    public override void ArgMax(DeviceTensor logits) => inner.ArgMax(logits);

    public override void ReadArgMax(Span<int> tokens) => inner.ReadArgMax(tokens);

    public override ReadOnlySpan<float> ReadRow(DeviceTensor tensor, int row) =>
        OnRead is null ? inner.ReadRow(tensor, row) : OnRead(inner.ReadRow(tensor, row).ToArray());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
    }
}
