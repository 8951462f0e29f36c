using Inference.Execution;
using Inference.Formats;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu;

public sealed partial class IlgpuDevice
{
    /// <summary>What it takes beside what it is asked for: compiled kernels, block tables, the driver's own.</summary>
    private const long Overhead = 256L << 20;

    /// <inheritdoc/>
    /// <remarks>The share that <see cref="IlgpuOptions.MemoryFraction"/> allows, less what others and this device have taken.</remarks>
    public override long? FreeBytes => _queue.FreeBytes is { } free
        ? Math.Max(0, free - Overhead - (long)((1 - _memoryFraction) * _queue.Accelerator.MemorySize))
        : null;

    /// <inheritdoc/>
    public override long BytesOf(StoredTensor tensor) =>
        tensor.Shape.Length < 2 ? tensor.ElementCount * sizeof(float) : Layout(tensor).ByteLength;

    /// <inheritdoc/>
    public override long? Prepare(ModelFootprint model)
    {
        Expect(model);
        if (FreeBytes is not { } free)
            return null;
        // A tied table is there once.
        long weights = model.Layers.SelectMany(layer => layer).Concat(model.Input.Union(model.Output)).Sum(BytesOf);
        long cache = model.CacheBytesPerLayer * model.Layers.Count;
        long left = free - weights - model.ActivationBytes;
        LogMessages.Prepared(Logger, Name, _queue.Accelerator.MemorySize, free, weights, model.ActivationBytes);
        if (left < cache)
            throw new DeviceMemoryException(Name, $"weights ({weights >> 20} MiB), activations ({model.ActivationBytes >> 20} MiB), and the keys and values that must have room ({cache >> 20} MiB)", weights + model.ActivationBytes + cache, free, _queue.Accelerator.MemorySize);
        return left;
    }

    /// <summary>Which kernels the model will need follows from its weights and its cache.</summary>
    private void Expect(ModelFootprint model)
    {
        Bind();
        _elements.Expect();
        _selection?.Expect();
        if (model.Cache is { } cache)
            _attention.Expect(cache);
        foreach (StoredTensor tensor in model.Input.Where(tensor => tensor.Shape.Length > 1))
            _linear.ExpectTable(Layout(tensor));
        foreach (StoredTensor tensor in model.Layers.SelectMany(layer => layer).Concat(model.Output).Where(tensor => tensor.Shape.Length > 1))
        {
            // The matrices of a layer's experts are one tensor.
            if (tensor.Shape.Length > 2)
                _experts.Expect(Layout(tensor));
            else
                _linear.Expect(Layout(tensor));
        }
    }

    private static MatrixLayout Layout(StoredTensor tensor) => new(tensor.Type, checked((int)tensor.Rows), checked((int)tensor.Columns));
}
