using ILGPU;

namespace Inference.Ilgpu.Attention;

/// <summary>A layer of the cache as kernels see it.</summary>
internal struct CacheView
{
    /// <summary>All of the cache.</summary>
    public ArrayView<byte> Bytes;

    /// <summary>Bytes from one block to the next.</summary>
    public long BlockBytes;

    /// <summary>Where in a block the layer's keys start.</summary>
    public long LayerStart;

    /// <summary>How far behind the keys its values are.</summary>
    public long ValueStart;

    /// <summary>Bytes of a head's keys, or values, in a block.</summary>
    public long HeadBytes;

    /// <summary>Positions a block.</summary>
    public int BlockSize;

    /// <summary>Elements a head.</summary>
    public int HeadSize;

    /// <summary>Where a head's keys of a block start.</summary>
    public readonly long Keys(int block, int head) => block * BlockBytes + LayerStart + head * HeadBytes;
}
