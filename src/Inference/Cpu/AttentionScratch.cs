namespace Inference.Cpu;

/// <summary>How a worker's memory for attention is laid out, in floats from its start.</summary>
internal readonly unsafe struct AttentionScratch
{
    /// <summary>Lays it out for so many queries of one key-value head.</summary>
    public AttentionScratch(int queries, int headSize)
    {
        Stride = (headSize + Lanes.Count - 1) & -Lanes.Count;
        Chunk = 0;
        Scores = Chunk + nint.Max(CacheReader.ChunkSize, queries) * Stride;
        ChunkPartial = Scores + queries * CacheReader.ChunkSize;
        Total = ChunkPartial + AttentionPartial.Floats(queries, Stride);
        Queries = (Total + AttentionPartial.Floats(queries, Stride) + 1) & ~1;
        Floats = (Queries + queries * (sizeof(nint) / sizeof(float)) + Lanes.Count - 1) & -Lanes.Count;
    }

    /// <summary>Elements of a head, rounded up to whole vectors.</summary>
    public nint Stride { get; }

    /// <summary>The decoded keys, then values, of a chunk; or the queries of one row, arranged for tiles.</summary>
    public nint Chunk { get; }

    /// <summary>[queries][chunk]: scores, then weights.</summary>
    public nint Scores { get; }

    /// <summary>The <see cref="AttentionPartial"/> of the chunk.</summary>
    public nint ChunkPartial { get; }

    /// <summary>The <see cref="AttentionPartial"/> of all chunks so far.</summary>
    public nint Total { get; }

    /// <summary>Address of each query.</summary>
    public nint Queries { get; }

    /// <summary>The length of it all.</summary>
    public nint Floats { get; }
}
