using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Where keys and values lie in the cache's memory.</summary>
/// <remarks>
/// Blocks are grouped: a group holds layer after layer, in it the keys of head after head, then the values of head after head, in it the
/// head's part of block after block. So memory fills from the front as blocks are taken, and a sequence whose blocks follow
/// each other is read in long runs. Values lie as [slot][element].
/// Keys lie transposed, as [element][slot], so that one vector holds the same element of neighbouring positions and scores
/// need no sum across lanes. In Q8_0 the scales of a head follow its elements in the same order, one for each 32 elements.
/// </remarks>
internal readonly unsafe struct CacheLayout
{
    /// <summary>Elements of a head that share a scale in Q8_0.</summary>
    public const int GroupSize = 32;

    private const int BlocksPerGroup = 16;

    private readonly byte* _data;
    private readonly nint _headBytes;
    private readonly int _kvHeads;
    private readonly int _layers;

    /// <summary>Describes the memory.</summary>
    public CacheLayout(KvCacheShape shape, byte* data)
    {
        _data = data;
        _kvHeads = shape.KvHeads;
        _layers = shape.Layers;
        Type = shape.Type;
        BlockSize = shape.BlockSize;
        HeadSize = shape.HeadSize;
        Groups = (HeadSize + GroupSize - 1) / GroupSize;
        _headBytes = (nint)(shape.BytesPerBlock / (2L * shape.Layers * shape.KvHeads));
    }

    /// <summary>How an element is stored.</summary>
    public KvCacheType Type { get; }

    /// <summary>Positions a block.</summary>
    public int BlockSize { get; }

    /// <summary>Elements a head.</summary>
    public int HeadSize { get; }

    /// <summary>Scales of a head and position in Q8_0.</summary>
    public int Groups { get; }

    /// <summary>Bytes of the keys, or of the values, of one head in a block.</summary>
    public nint HeadBytes => _headBytes;

    /// <summary>Key-value heads.</summary>
    public int KvHeads => _kvHeads;

    /// <summary>Bytes that the cache takes: whole groups.</summary>
    public static nuint ByteLength(KvCacheShape shape) =>
        checked((nuint)(((long)shape.Blocks + BlocksPerGroup - 1) / BlocksPerGroup * BlocksPerGroup * shape.BytesPerBlock));

    /// <summary>The keys of a head in a block.</summary>
    public byte* Keys(int layer, int block, int head)
    {
        (uint group, uint place) = uint.DivRem((uint)block, BlocksPerGroup);
        return _data + ((((nint)group * _layers + layer) * 2 * _kvHeads + head) * BlocksPerGroup + (nint)place) * _headBytes;
    }

    /// <summary>The values of a head in a block.</summary>
    public byte* Values(int layer, int block, int head) => Keys(layer, block, head + _kvHeads);

    /// <summary>The scales of a head in a block, Q8_0 only.</summary>
    /// <param name="head">What <see cref="Keys"/> or <see cref="Values"/> returned.</param>
    public ushort* Scales(byte* head) => (ushort*)(head + (nint)HeadSize * BlockSize);
}
