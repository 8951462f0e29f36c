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
        tensor.Shape.Length < 2 ? tensor.ElementCount * sizeof(float) : new MatrixLayout(tensor.Type, checked((int)tensor.Rows), checked((int)tensor.Columns)).ByteLength;

    /// <inheritdoc/>
    public override long? Prepare(ModelFootprint model)
    {
        if (FreeBytes is not { } free)
            return null;
        // A tied table is there once.
        long weights = model.Layers.SelectMany(layer => layer).Concat(model.Input.Union(model.Output)).Sum(BytesOf);
        long left = free - weights - model.ActivationBytes;
        if (left < model.CacheBytesPerLayer * model.Layers.Count)
            throw new DeviceMemoryException(Name, "weights, activations and the keys and values of the longest request", weights + model.ActivationBytes + (model.CacheBytesPerLayer * model.Layers.Count), free, _queue.Accelerator.MemorySize);
        return left;
    }
}
