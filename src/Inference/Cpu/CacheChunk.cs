namespace Inference.Cpu;

/// <summary>Consecutive positions of one head of a sequence that are computed together.</summary>
/// <param name="layer">Layer of the cache.</param>
/// <param name="kvHead">Key-value head.</param>
/// <param name="blocks">The sequence's block table.</param>
/// <param name="first">First position, a multiple of <see cref="CacheReader.ChunkSize"/>.</param>
/// <param name="count">Positions, 1 to the chunk size.</param>
/// <param name="following">Positions of the chunk behind it, 0 to the chunk size: worth fetching.</param>
internal readonly unsafe struct CacheChunk(int layer, int kvHead, int* blocks, int first, int count, int following)
{
    /// <summary>Layer of the cache.</summary>
    public int Layer { get; } = layer;

    /// <summary>Key-value head.</summary>
    public int KvHead { get; } = kvHead;

    /// <summary>The sequence's block table.</summary>
    public int* Blocks { get; } = blocks;

    /// <summary>First position.</summary>
    public int First { get; } = first;

    /// <summary>Positions.</summary>
    public int Count { get; } = count;

    /// <summary>Positions of the chunk behind it.</summary>
    public int Following { get; } = following;
}
