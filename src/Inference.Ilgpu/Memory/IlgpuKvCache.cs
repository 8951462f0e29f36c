using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Attention;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Memory;

/// <summary>Keys and values: [block][layer][keys, values][key-value head][position][element], so that a block is one stretch of memory.</summary>
/// <remarks>
/// With 8 bits a head's positions are followed by their scales, 16-bit floats [position][group of 32 elements]. With 16 bits for tensor cores
/// (see <see cref="IsTiled"/>) a head's values are [element][position].
/// </remarks>
internal sealed class IlgpuKvCache : DeviceKvCache
{
    private readonly ComputeQueue _queue;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _memory;

    public IlgpuKvCache(ComputeQueue queue, KvCacheShape shape)
        : base(shape)
    {
        if (shape.Type == KvCacheType.Q8_0 && shape.BlockSize % 2 != 0 && shape.HeadSize % 2 != 0)
            throw new NotSupportedException($"The GPU device's 8-bit cache wants an even block size or an even head size, not {shape.BlockSize} and {shape.HeadSize}.");
        _queue = queue;
        IsTiled = SuitsTensorCores(queue, shape);
        // A last byte or three, so that words can be read to the end.
        _memory = queue.Allocate<byte>(((shape.BytesPerBlock * shape.Blocks) + 3) & ~3L, "keys and values");
        // What a sequence has not written yet is multiplied by zero: it must be a number.
        _memory.MemSetToZero(queue.Stream);
    }

    /// <remarks>Its own name: bits differ from those that the CPU device computes.</remarks>
    public override string BlockFormat => Shape.Type switch
    {
        KvCacheType.F32 => "ilgpu-f32",
        KvCacheType.F16 => IsTiled ? "ilgpu-f16-tiled" : "ilgpu-f16",
        _ => "ilgpu-q8_0",
    };

    /// <summary>Whether it is made for tensor cores.</summary>
    public bool IsTiled { get; }

    /// <summary>Whether a cache is to be made for tensor cores: 16 bits, groups of eight warps, and both a key's elements and a block's positions go in eights.</summary>
    public static bool SuitsTensorCores(ComputeQueue queue, KvCacheShape shape) =>
        queue.HasWarps && queue.Accelerator.MaxNumThreadsPerGroup >= TileAttendKernel.GroupSize && shape.Type == KvCacheType.F16
        && shape.HeadSize % 8 == 0 && shape.BlockSize % 8 == 0 && shape.HeadSize <= TileAttendKernel.MostHeadSize;

    /// <summary>All of a tiled cache, by 16 bytes.</summary>
    public ArrayView<IntQuad> Quads => ((ArrayView<byte>)_memory.View).Cast<IntQuad>();

    /// <summary>A layer as kernels see it.</summary>
    public CacheView View(int layer)
    {
        long head = Shape.BytesPerBlock / (2L * Shape.Layers * Shape.KvHeads);
        return new CacheView
        {
            Bytes = _memory.View,
            BlockBytes = Shape.BytesPerBlock,
            LayerStart = layer * 2 * Shape.KvHeads * head,
            ValueStart = Shape.KvHeads * head,
            HeadBytes = head,
            BlockSize = Shape.BlockSize,
            HeadSize = Shape.HeadSize,
        };
    }

    public void Copy(int source, int destination)
    {
        if (source != destination)
            Block(destination).CopyFrom(_queue.Stream, Block(source));
    }

    public unsafe void Read(int block, Span<byte> destination)
    {
        Check(destination.Length, nameof(destination));
        fixed (byte* pinned = destination)
        {
            Block(block).CopyToCPUUnsafeAsync(_queue.Stream, ref *pinned, destination.Length);
            _queue.Stream.Synchronize();
        }
    }

    public unsafe void Write(int block, ReadOnlySpan<byte> source)
    {
        Check(source.Length, nameof(source));
        fixed (byte* pinned = source)
        {
            Block(block).CopyFromCPUUnsafeAsync(_queue.Stream, ref *pinned, source.Length);
            _queue.Stream.Synchronize();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _memory.Dispose();
    }

    private ArrayView<byte> Block(int block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, Shape.Blocks);
        return ((ArrayView<byte>)_memory.View).SubView(block * Shape.BytesPerBlock, Shape.BytesPerBlock);
    }

    private void Check(int length, string name)
    {
        if (length != Shape.BytesPerBlock)
            throw new ArgumentException($"A block has {Shape.BytesPerBlock} bytes, not {length}.", name);
    }
}
