using Inference.Execution;
using Inference.Formats;
using Microsoft.Extensions.Logging;

namespace Inference.Tests.Engine;

/// <summary>A device in front of another, for faults and gates.</summary>
internal sealed class DelegatingDevice(Device inner) : Device
{
    /// <summary>Called at the start of every step with its number, from 0; may throw or wait.</summary>
    public Action<int, StepBatch>? OnStep { get; set; }

    /// <summary>Called for every row that is read.</summary>
    public Func<ReadOnlyMemory<float>, float[]>? OnRead { get; set; }

    /// <summary>Called before every operation of a step, with its number within the step; may throw.</summary>
    public Action<int>? OnOperation { get; set; }

    public int Steps { get; private set; }

    /// <summary>How often it was disposed.</summary>
    public int Disposals { get; private set; }

    /// <summary>Leaves the other device to whoever made it.</summary>
    public bool IsGuest { get; init; }

    private int _operation;

    public override string Name => inner.Name;

    /// <summary>Weights uploaded.</summary>
    public int Uploads { get; private set; }

    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use)
    {
        Uploads++;
        return inner.Upload(tensor, use);
    }

    public override void CompleteUploads(Action<long>? completed = null, CancellationToken cancellation = default) => inner.CompleteUploads(completed, cancellation);

    public override DeviceTensor Allocate(int capacity, int columns) => inner.Allocate(capacity, columns);

    public override DeviceKvCache AllocateKvCache(KvCacheShape shape) => inner.AllocateKvCache(shape);

    /// <summary>Blocks copied.</summary>
    public int Copies { get; private set; }

    public override void CopyBlock(DeviceKvCache cache, int source, int destination)
    {
        Copies++;
        Next().CopyBlock(cache, source, destination);
    }

    /// <summary>Called before a block is read or written; may throw.</summary>
    public Action? OnBlock { get; set; }

    public override void ReadBlock(DeviceKvCache cache, int block, Span<byte> destination)
    {
        OnBlock?.Invoke();
        inner.ReadBlock(cache, block, destination);
    }

    public override void WriteBlock(DeviceKvCache cache, int block, ReadOnlySpan<byte> source)
    {
        OnBlock?.Invoke();
        inner.WriteBlock(cache, block, source);
    }

    public override void Begin(StepBatch batch)
    {
        _operation = 0;
        int step = Steps++;
        OnStep?.Invoke(step, batch);
        inner.Begin(batch);
    }

    public override void Embed(DeviceWeight table, DeviceTensor destination) => Next().Embed(table, destination);

    public override void EmbedPositions(DeviceWeight table, DeviceTensor destination) => Next().EmbedPositions(table, destination);

    public override void Normalize(DeviceTensor hidden, DeviceTensor? addend, Norm norm, DeviceTensor destination) =>
        Next().Normalize(hidden, addend, norm, destination);

    public override void Add(DeviceTensor destination, DeviceTensor addend) => Next().Add(destination, addend);

    public override void Scale(DeviceTensor tensor, float factor) => Next().Scale(tensor, factor);

    public override void SoftCap(DeviceTensor tensor, float cap) => Next().SoftCap(tensor, cap);

    public override void MixExperts(DeviceTensor input, DeviceTensor scores, ExpertRouting routing, ExpertLayer experts, DeviceTensor destination) =>
        Next().MixExperts(input, scores, routing, experts, destination);

    public override void Linear(DeviceTensor input, ReadOnlySpan<LinearTarget> targets) => Next().Linear(input, targets);

    public override void NormalizedLinear(DeviceTensor hidden, DeviceTensor? addend, Norm norm, ReadOnlySpan<LinearTarget> targets) =>
        Next().NormalizedLinear(hidden, addend, norm, targets);

    public override void GatedLinear(DeviceTensor gate, DeviceTensor? up, Activation activation, ReadOnlySpan<LinearTarget> targets) =>
        Next().GatedLinear(gate, up, activation, targets);

    public override void RotateAndStore(DeviceTensor queries, DeviceTensor keys, DeviceTensor values, Rope? rope, AttentionShape shape, DeviceKvCache cache, int layer) =>
        Next().RotateAndStore(queries, keys, values, rope, shape, cache, layer);

    public override void Attend(DeviceTensor queries, AttentionShape shape, DeviceWeight? sinks, DeviceKvCache cache, int layer, DeviceTensor destination) =>
        Next().Attend(queries, shape, sinks, cache, layer, destination);

    public override void Gate(DeviceTensor gate, DeviceTensor? up, Activation activation, DeviceTensor destination) =>
        Next().Gate(gate, up, activation, destination);

    public override void SelectRows(DeviceTensor source, DeviceTensor destination) => Next().SelectRows(source, destination);

    public override void ArgMax(DeviceTensor logits) => Next().ArgMax(logits);

    /// <summary>Called with the most likely tokens that were read; may change them.</summary>
    public Action<Span<int>>? OnReadArgMax { get; set; }

    public override void ReadArgMax(Span<int> tokens)
    {
        Next().ReadArgMax(tokens);
        OnReadArgMax?.Invoke(tokens);
    }

    public override DeviceWeight Upload(StoredTensor tensor, WeightUse use, int? layer) => inner.Upload(tensor, use, layer);

    /// <summary>Answers <see cref="Prepare"/> instead of the other device; may throw.</summary>
    public Func<ModelFootprint, long?>? OnPrepare { get; set; }

    public override ILoggerFactory LoggerFactory
    {
        get => inner.LoggerFactory;
        set => inner.LoggerFactory = value;
    }

    public override long? Prepare(ModelFootprint model) => OnPrepare is { } answer ? answer(model) : inner.Prepare(model);

    /// <summary>What the device says it has; null for what it has.</summary>
    public long? Free { get; init; }

    public override long? FreeBytes => Free ?? inner.FreeBytes;

    public override long BytesOf(StoredTensor tensor) => inner.BytesOf(tensor);

    public override void ReadRows(DeviceTensor tensor, Span<float> destination) => Next().ReadRows(tensor, destination);

    /// <summary>Tensors that the host has written.</summary>
    public int Transfers { get; private set; }

    public override void WriteRows(DeviceTensor tensor, ReadOnlySpan<float> source)
    {
        Transfers++;
        Next().WriteRows(tensor, source);
    }

    public override int HostWorkers => inner.HostWorkers;

    public override void RunOnHost(IHostWork work) => inner.RunOnHost(work);

    public override ReadOnlySpan<float> ReadRow(DeviceTensor tensor, int row) =>
        OnRead is null ? inner.ReadRow(tensor, row) : OnRead(inner.ReadRow(tensor, row).ToArray());

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        Disposals++;
        if (!IsGuest)
            inner.Dispose();
    }

    private Device Next()
    {
        OnOperation?.Invoke(_operation++);
        return inner;
    }
}
