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

    /// <inheritdoc/>
    public override string BlockFormat => "cpu-1";

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

    /// <summary>Copies a block of all layers out of the cache.</summary>
    public void Export(int block, Span<byte> destination)
    {
        Check(block, destination.Length);
        CacheLayout layout = Layout;
        int bytes = (int)layout.HeadBytes;
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            // The values of head after head follow the keys.
            for (int head = 0; head < 2 * layout.KvHeads; head++, destination = destination[bytes..])
                new ReadOnlySpan<byte>(layout.Keys(layer, block, head), bytes).CopyTo(destination);
        }
    }

    /// <summary>Copies a block of all layers, as <see cref="Export"/> gave it, into the cache.</summary>
    public void Import(int block, ReadOnlySpan<byte> source)
    {
        Check(block, source.Length);
        CacheLayout layout = Layout;
        int bytes = (int)layout.HeadBytes;
        for (int layer = 0; layer < Shape.Layers; layer++)
        {
            for (int head = 0; head < 2 * layout.KvHeads; head++, source = source[bytes..])
                source[..bytes].CopyTo(new Span<byte>(layout.Keys(layer, block, head), bytes));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _buffer.Dispose();

    private void Check(int block, int byteLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)Shape.Blocks, nameof(block));
        if (byteLength != Shape.BytesPerBlock)
            throw new ArgumentException($"A block has {Shape.BytesPerBlock} bytes, not {byteLength}.", nameof(byteLength));
    }
}
