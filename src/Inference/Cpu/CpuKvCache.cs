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

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _buffer.Dispose();
}
