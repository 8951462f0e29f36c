namespace Inference.Cpu;

/// <summary>Consecutive positions of one head of a sequence that are computed together.</summary>
/// <param name="layer">Layer of the cache.</param>
/// <param name="kvHead">Key-value head.</param>
/// <param name="blocks">The sequence's block table.</param>
/// <param name="first">First position, a multiple of <see cref="CacheReader.ChunkSize"/>.</param>
/// <param name="end">One past the last position of the sequence; the chunk may end before.</param>
internal readonly unsafe struct CacheChunk(int layer, int kvHead, int* blocks, int first, int end)
{
    /// <summary>Layer of the cache.</summary>
    public int Layer { get; } = layer;

    /// <summary>Key-value head.</summary>
    public int KvHead { get; } = kvHead;

    /// <summary>The sequence's block table.</summary>
    public int* Blocks { get; } = blocks;

    /// <summary>First position.</summary>
    public int First { get; } = first;

    /// <summary>Positions, 1 to the chunk size; 0 where there is no such chunk.</summary>
    public int Count { get; } = int.Clamp(end - first, 0, CacheReader.ChunkSize);

    /// <summary>The chunk behind this one.</summary>
    public CacheChunk Following => new(Layer, KvHead, Blocks, First + CacheReader.ChunkSize, end);
}
