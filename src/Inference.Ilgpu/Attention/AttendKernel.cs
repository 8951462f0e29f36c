using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Attention;

/// <summary>
/// Attention of one row and query head, by a group of 32 threads: over all chunks of the positions it sees, or, where chunks are spread
/// over groups, over one of them.
/// </summary>
/// <remarks>
/// <para>Positions are cut into chunks of <see cref="ChunkSize"/>, and chunks into tiles of 32, counted from position 0. Within a chunk the
/// softmax runs from tile to tile; chunks are merged in order. What a row does not see of a tile has weight 0.</para>
/// <para>Dao et al., FlashAttention (2022); Dao, Haziza, Massa and Sizov, Flash-Decoding (2023).</para>
/// </remarks>
/// <typeparam name="TElements">How the cache stores elements.</typeparam>
internal static class AttendKernel<TElements>
    where TElements : struct, ICacheElements
{
    /// <summary>Positions a chunk.</summary>
    public const int ChunkSize = AttentionKernels.ChunkSize;

    private const int TileSize = AttentionKernels.GroupSize;

    /// <summary>Walks all chunks. Grid: rows x heads.</summary>
    public static void Walk(AttentionView attention, CacheView cache)
    {
        ArrayView<float> query = SharedMemory.Allocate<float>(AttentionKernels.MostHeadSize);
        ArrayView<float> sums = SharedMemory.Allocate<float>(AttentionKernels.MostHeadSize);
        ArrayView<float> totals = SharedMemory.Allocate<float>(AttentionKernels.MostHeadSize);
        ArrayView<float> weights = SharedMemory.Allocate<float>(TileSize);
        int head = Grid.IdxX % attention.Heads;
        int row = Grid.IdxX / attention.Heads;
        LoadQuery(attention, cache, row, head, query);
        for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
            totals[i] = 0;
        SoftmaxState total = SoftmaxState.Empty;
        int position = attention.Positions[row];
        for (int chunk = attention.First(position) / ChunkSize; chunk <= position / ChunkSize; chunk++)
        {
            SoftmaxState part = Chunk(attention, cache, row, head, chunk, query, sums, weights);
            float max = XMath.Max(total.Max, part.Max);
            float before = SoftmaxState.Factor(total.Max, max);
            float now = SoftmaxState.Factor(part.Max, max);
            for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
                totals[i] = SoftmaxState.Merge(totals[i], before, sums[i], now);
            total.Sum = SoftmaxState.Merge(total.Sum, before, part.Sum, now);
            total.Max = max;
        }

        Finish(attention, cache, row, head, total, totals);
    }

    /// <summary>One chunk. Grid: rows x heads, chunks.</summary>
    /// <param name="attention">The rows.</param>
    /// <param name="cache">The layer.</param>
    /// <param name="parts">Receives for each row, head and chunk the sums of the head's elements, the maximum, and the sum.</param>
    public static void Spread(AttentionView attention, CacheView cache, ArrayView<float> parts)
    {
        ArrayView<float> query = SharedMemory.Allocate<float>(AttentionKernels.MostHeadSize);
        ArrayView<float> sums = SharedMemory.Allocate<float>(AttentionKernels.MostHeadSize);
        ArrayView<float> weights = SharedMemory.Allocate<float>(TileSize);
        int head = Grid.IdxX % attention.Heads;
        int row = Grid.IdxX / attention.Heads;
        int chunk = Grid.IdxY;
        int position = attention.Positions[row];
        if (chunk > position / ChunkSize || chunk < attention.First(position) / ChunkSize)
            return;
        LoadQuery(attention, cache, row, head, query);
        SoftmaxState part = Chunk(attention, cache, row, head, chunk, query, sums, weights);
        long place = ((long)Grid.IdxX * Grid.DimY + chunk) * (cache.HeadSize + 2);
        for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
            parts[place + i] = sums[i];
        if (Group.IdxX == 0)
        {
            parts[place + cache.HeadSize] = part.Max;
            parts[place + cache.HeadSize + 1] = part.Sum;
        }
    }

    /// <summary>Merges what <see cref="Spread"/> computed, as <see cref="Walk"/> does. Grid: rows x heads.</summary>
    /// <param name="attention">The rows.</param>
    /// <param name="cache">The layer.</param>
    /// <param name="parts">What was computed.</param>
    /// <param name="chunks">How many chunks it has room for.</param>
    public static void Combine(AttentionView attention, CacheView cache, ArrayView<float> parts, int chunks)
    {
        ArrayView<float> totals = SharedMemory.Allocate<float>(AttentionKernels.MostHeadSize);
        int head = Grid.IdxX % attention.Heads;
        int row = Grid.IdxX / attention.Heads;
        for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
            totals[i] = 0;
        SoftmaxState total = SoftmaxState.Empty;
        int position = attention.Positions[row];
        for (int chunk = attention.First(position) / ChunkSize; chunk <= position / ChunkSize; chunk++)
        {
            long place = ((long)Grid.IdxX * chunks + chunk) * (cache.HeadSize + 2);
            float partMax = parts[place + cache.HeadSize];
            float max = XMath.Max(total.Max, partMax);
            float before = SoftmaxState.Factor(total.Max, max);
            float now = SoftmaxState.Factor(partMax, max);
            for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
                totals[i] = SoftmaxState.Merge(totals[i], before, parts[place + i], now);
            total.Sum = SoftmaxState.Merge(total.Sum, before, parts[place + cache.HeadSize + 1], now);
            total.Max = max;
        }

        Finish(attention, cache, row, head, total, totals);
    }

    private static void LoadQuery(AttentionView attention, CacheView cache, int row, int head, ArrayView<float> query)
    {
        for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
            query[i] = attention.Queries[((long)row * attention.Heads + head) * cache.HeadSize + i];
        Group.Barrier();
    }

    /// <summary>The softmax over a chunk, with its sums of values; every thread gets the state.</summary>
    private static SoftmaxState Chunk(AttentionView attention, CacheView cache, int row, int head, int chunk, ArrayView<float> query, ArrayView<float> sums, ArrayView<float> weights)
    {
        TElements elements = default;
        int last = attention.Positions[row];
        int first = attention.First(last);
        int table = attention.Sequences[attention.RowSequences[row] * StepBuffers.SequenceSize + 2];
        int keyHead = head / attention.HeadsPerKey;
        for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
            sums[i] = 0;
        SoftmaxState state = SoftmaxState.Empty;
        int start = XMath.Max(chunk * ChunkSize, first / TileSize * TileSize);
        int end = XMath.Min((chunk + 1) * ChunkSize, last + 1);
        for (int tile = start; tile < end; tile += TileSize)
        {
            int position = tile + Group.IdxX;
            float score = float.NegativeInfinity;
            if (position >= first && position < end)
            {
                long keys = cache.Keys(attention.Blocks[table + position / cache.BlockSize], keyHead);
                float dot = 0;
                for (int i = 0; i < cache.HeadSize; i++)
                    dot = Exact.MultiplyAdd(query[i], elements.Load(cache, keys, position % cache.BlockSize, i), dot);
                score = attention.Score(dot, attention.Scale);
            }

            weights[Group.IdxX] = score;
            Group.Barrier();
            float max = state.Max;
            for (int i = 0; i < TileSize; i++)
                max = XMath.Max(max, weights[i]);
            Group.Barrier();
            weights[Group.IdxX] = SoftmaxState.Factor(score, max);
            Group.Barrier();
            float before = SoftmaxState.Factor(state.Max, max);
            float sum = Exact.Multiply(state.Sum, before);
            for (int i = 0; i < TileSize; i++)
                sum = Exact.Add(sum, weights[i]);
            int count = XMath.Min(TileSize, end - tile);
            for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
            {
                float value = Exact.Multiply(sums[i], before);
                for (int j = XMath.Max(0, first - tile); j < count; j++)
                {
                    long values = cache.Keys(attention.Blocks[table + (tile + j) / cache.BlockSize], keyHead) + cache.ValueStart;
                    value = Exact.MultiplyAdd(weights[j], elements.Load(cache, values, (tile + j) % cache.BlockSize, i), value);
                }

                sums[i] = value;
            }

            Group.Barrier();
            state.Max = max;
            state.Sum = sum;
        }

        return state;
    }

    private static void Finish(AttentionView attention, CacheView cache, int row, int head, SoftmaxState total, ArrayView<float> totals)
    {
        float factor = total.CloseWithSink(attention, head, out float sum);
        for (int i = Group.IdxX; i < cache.HeadSize; i += TileSize)
            attention.Output[((long)row * attention.Heads + head) * cache.HeadSize + i] = totals[i] * factor / sum;
    }
}
