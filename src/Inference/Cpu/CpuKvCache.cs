using Inference.Execution;

namespace Inference.Cpu;

/// <summary>A paged cache in native memory. Pages that no position has touched take none.</summary>
internal sealed unsafe class CpuKvCache : DeviceKvCache
{
    private readonly NativeBuffer _buffer;

    /// <summary>Allocates.</summary>
    /// <exception cref="NotSupportedException">The head size is odd or beyond <see cref="CacheWriter.LargestHead"/>.</exception>
    public CpuKvCache(KvCacheShape shape)
        : base(shape)
    {
        if (shape.HeadSize is < 2 or > CacheWriter.LargestHead || shape.HeadSize % 2 != 0)
            throw new NotSupportedException($"The CPU device supports even head sizes up to {CacheWriter.LargestHead}, not {shape.HeadSize}.");
        ArgumentOutOfRangeException.ThrowIfLessThan(shape.BlockSize, 1, nameof(shape));
        _buffer = new NativeBuffer(CacheLayout.ByteLength(shape));
        HugePages.Advise(_buffer.Data, _buffer.ByteLength);
    }

    /// <summary>Where things lie.</summary>
    public CacheLayout Layout => new(Shape, _buffer.Data);

    /// <summary>Copies a block of all layers.</summary>
    public void Copy(int source, int destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)source, (uint)Shape.Blocks, nameof(source));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)destination, (uint)Shape.Blocks, nameof(destination));
        CacheLayout layout = Layout;
        nint bytes = layout.HeadBytes;
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            for (int head = 0; head < layout.KvHeads; head++)
            {
                Buffer.MemoryCopy(layout.Keys(layer, source, head), layout.Keys(layer, destination, head), bytes, bytes);
                Buffer.MemoryCopy(layout.Values(layer, source, head), layout.Values(layer, destination, head), bytes, bytes);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _buffer.Dispose();
}
