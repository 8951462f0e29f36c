using Inference.Cpu.Assembled;

namespace Inference.Cpu;

/// <summary>Attention of the queries of one row over one chunk, on the cache as it is stored, by assembled tiles.</summary>
/// <remarks>
/// Few queries do not repay a decoded copy of the chunk. The bits are those of <see cref="CacheReader"/> and <see cref="AttentionTiles"/>.
/// </remarks>
internal readonly unsafe struct AttentionDirect
{
    private readonly CacheLayout _layout;
    private readonly int _group;
    private readonly int _tile;

    /// <summary>Finds the functions.</summary>
    /// <param name="layout">The cache.</param>
    /// <param name="group">Query heads of a key-value head.</param>
    public AttentionDirect(in CacheLayout layout, int group)
    {
        _layout = layout;
        _group = group;
        int tiles = (group + AttentionFunctions.MaxQueries - 1) / AttentionFunctions.MaxQueries;
        _tile = (group + tiles - 1) / tiles;
        IsSupported = layout.BlockSize % Lanes.Count == 0 && layout.HeadSize % Lanes.Count == 0
            && AttentionFunctions.Find(layout.Type, _tile) != null
            && (group % _tile == 0 || AttentionFunctions.Find(layout.Type, group % _tile) != null);
    }

    /// <summary>Whether there are functions for this cache on this machine.</summary>
    public bool IsSupported { get; }

    private int ElementBytes => _layout.Type switch { Execution.KvCacheType.F32 => 4, Execution.KvCacheType.F16 => 2, _ => 1 };

    /// <summary>Lays the queries out as the tiles want them: for each tile [element][query].</summary>
    /// <param name="queries">[query][element], one behind the other.</param>
    /// <param name="destination">As many floats.</param>
    public void Arrange(float* queries, float* destination)
    {
        for (int first = 0; first < _group; first += _tile)
        {
            int count = int.Min(_tile, _group - first);
            for (int query = 0; query < count; query++)
            {
                float* source = queries + (nint)(first + query) * _layout.HeadSize;
                for (nint i = 0; i < _layout.HeadSize; i++)
                    destination[i * count + query] = source[i];
            }

            destination += count * _layout.HeadSize;
        }
    }

    /// <summary>Products of the queries with the keys of a chunk.</summary>
    /// <param name="queries">What <see cref="Arrange"/> left.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="next">The chunk that will be wanted after it, if any: it is fetched meanwhile.</param>
    /// <param name="scores">[queries][chunk]; behind the last position undefined.</param>
    public void Score(float* queries, in CacheChunk chunk, in CacheChunk next, float* scores)
    {
        AttentionTileCall runs = default;
        int count = Locate(ref runs, chunk, next, isKey: true);
        AttentionTileCall call = default;
        call.Step = (nint)_layout.BlockSize * ElementBytes;
        call.ScaleStep = (nint)_layout.BlockSize * sizeof(ushort);
        call.Count = _layout.HeadSize;
        for (int query = 0; query < _group; query += _tile)
        {
            int tile = int.Min(_tile, _group - query);
            nint* functions = AttentionFunctions.Find(_layout.Type, tile);
            int most = AttentionAssembler.MaxVectors(tile);
            call.Factors = queries + (nint)query * _layout.HeadSize;
            for (int run = 0; run < count; run += most)
            {
                int vectors = int.Min(most, count - run);
                for (int i = 0; i < vectors; i++)
                {
                    call.Runs[i] = runs.Runs[run + i];
                    call.Next[i] = runs.Next[run + i];
                    call.RunScales[i] = runs.RunScales[run + i];
                }

                call.Output = scores + query * CacheReader.ChunkSize + run * Lanes.Count;
                Invoke(AttentionFunctions.Scores(functions, vectors), &call);
            }
        }
    }

    /// <summary>Values of a chunk, weighted and added.</summary>
    /// <param name="weights">[queries][chunk].</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="next">The chunk that will be wanted after it, if any: it is fetched meanwhile.</param>
    /// <param name="sums">[queries][head size].</param>
    public void Accumulate(float* weights, in CacheChunk chunk, in CacheChunk next, float* sums)
    {
        AttentionTileCall runs = default;
        int count = Locate(ref runs, chunk, next, isKey: false);
        AttentionTileCall call = default;
        call.Step = (nint)_layout.HeadSize * ElementBytes;
        call.ScaleStep = (nint)_layout.Groups * sizeof(ushort);
        call.Count = count;
        call.Last = chunk.Count - (count - 1) * Lanes.Count;
        call.OutputStep = (nint)_layout.HeadSize * sizeof(float);
        int elementVectors = _layout.HeadSize / Lanes.Count;
        for (int query = 0; query < _group; query += _tile)
        {
            int tile = int.Min(_tile, _group - query);
            nint* functions = AttentionFunctions.Find(_layout.Type, tile);
            int most = AttentionAssembler.MaxVectors(tile);
            call.Factors = weights + query * CacheReader.ChunkSize;
            for (int vector = 0; vector < elementVectors; vector += most)
            {
                int vectors = int.Min(most, elementVectors - vector);
                int element = vector * Lanes.Count;
                for (int i = 0; i < count; i++)
                {
                    call.Runs[i] = runs.Runs[i] + element * ElementBytes;
                    call.Next[i] = runs.Next[i] + element * ElementBytes;
                    call.RunScales[i] = runs.RunScales[i] + element / CacheLayout.GroupSize * sizeof(ushort);
                }

                call.Output = sums + (nint)query * _layout.HeadSize + element;
                Invoke(AttentionFunctions.Sums(functions, vectors), &call);
            }
        }
    }

    /// <summary>Finds the runs of a chunk and of the one to be fetched.</summary>
    private int Locate(ref AttentionTileCall call, in CacheChunk chunk, in CacheChunk next, bool isKey)
    {
        int count = (chunk.Count + Lanes.Count - 1) / Lanes.Count;
        (int index, int slot) = int.DivRem(chunk.First, _layout.BlockSize);
        for (int i = 0; i < count; i++)
        {
            byte* start = Start(chunk, index, isKey);
            int scale = isKey ? slot : slot * _layout.Groups;
            call.RunScales[i] = (long)(_layout.Scales(start) + scale);
            call.Runs[i] = call.Next[i] = (long)(start + Offset(slot, isKey));
            Advance(ref index, ref slot);
        }

        (index, slot) = int.DivRem(next.First, _layout.BlockSize);
        for (int i = 0; i < count && i * Lanes.Count < next.Count; i++)
        {
            call.Next[i] = (long)(Start(next, index, isKey) + Offset(slot, isKey));
            Advance(ref index, ref slot);
        }

        return count;
    }

    private byte* Start(in CacheChunk chunk, int index, bool isKey) =>
        _layout.Keys(chunk.Layer, chunk.Blocks[index], isKey ? chunk.KvHead : chunk.KvHead + _layout.KvHeads);

    private void Advance(ref int index, ref int slot)
    {
        slot += Lanes.Count;
        if (slot < _layout.BlockSize)
            return;
        slot = 0;
        index++;
    }

    private nint Offset(int slot, bool isKey) => (nint)slot * ElementBytes * (isKey ? 1 : _layout.HeadSize);

    // No transition: the functions take microseconds, call nothing and touch no managed memory.
    private static void Invoke(nint function, AttentionTileCall* call) =>
        ((delegate* unmanaged[SuppressGCTransition]<AttentionTileCall*, void>)function)(call);
}
