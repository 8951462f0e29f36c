using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Where keys and values lie in the cache's memory.</summary>
/// <remarks>
/// A block of one layer holds the keys of head after head, then the values of head after head. Values lie as [slot][element].
/// Keys lie transposed, as [element][slot], so that one vector holds the same element of neighbouring positions and scores
/// need no sum across lanes. In Q8_0 the scales of a head follow its elements in the same order, one for each 32 elements.
/// </remarks>
internal readonly unsafe struct CacheLayout
{
    /// <summary>Elements of a head that share a scale in Q8_0.</summary>
    public const int GroupSize = 32;

    private readonly byte* _data;
    private readonly nint _headBytes;
    private readonly int _kvHeads;
    private readonly int _blocks;

    /// <summary>Describes the memory.</summary>
    public CacheLayout(KvCacheShape shape, byte* data)
    {
        _data = data;
        _kvHeads = shape.KvHeads;
        _blocks = shape.Blocks;
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

    /// <summary>The keys of a head in a block.</summary>
    public byte* Keys(int layer, int block, int head) => _data + (((nint)layer * _blocks + block) * 2 * _kvHeads + head) * _headBytes;

    /// <summary>The values of a head in a block.</summary>
    public byte* Values(int layer, int block, int head) => Keys(layer, block, head + _kvHeads);

    /// <summary>The scales of a head in a block, Q8_0 only.</summary>
    /// <param name="head">What <see cref="Keys"/> or <see cref="Values"/> returned.</param>
    public ushort* Scales(byte* head) => (ushort*)(head + (nint)HeadSize * BlockSize);
}
