using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Attention;

/// <summary>
/// Attention over 16-bit caches on tensor cores, by groups of 8 warps for each <see cref="QueryTile"/>: over all chunks of the positions it
/// sees, or, where chunks are spread over groups, over one of them.
/// </summary>
/// <remarks>
/// <para>Positions are cut into chunks of 256, counted from position 0. Each chunk has its own softmax, and chunks are merged in order. What
/// a query does not see has weight 0, and a product with 0 adds nothing: what a query gets does not depend on the rest of its tile.</para>
/// <para>Dao, FlashAttention-2 (2023); Dao, Haziza, Massa and Sizov, Flash-Decoding (2023).</para>
/// </remarks>
internal static class TileAttendKernel
{
    /// <summary>Threads a group: a warp for each 32 positions of a chunk.</summary>
    public const int GroupSize = TileChunk.Warps * 32;

    /// <summary>Elements a head, at most: four groups of eight for each warp.</summary>
    public const int MostHeadSize = TileChunk.Warps * 32;

    /// <summary>Walks all chunks. Grid: rows, key-value heads x tiles.</summary>
    /// <param name="attention">The rows.</param>
    /// <param name="cache">The layer.</param>
    /// <param name="quads">All of the cache, by 16 bytes.</param>
    public static void Walk(AttentionView attention, CacheView cache, ArrayView<IntQuad> quads)
    {
        ArrayView<IntQuad> queries = SharedMemory.Allocate<IntQuad>(TileChunk.QueryQuads);
        ArrayView<IntQuad> weights = SharedMemory.Allocate<IntQuad>(TileChunk.WeightQuads);
        ArrayView<float> exchange = SharedMemory.Allocate<float>(TileChunk.ExchangeFloats);
        QueryTile tile = QueryTile.Here(attention);
        if (tile.Rows == 0)
            return;
        TileChunk chunk = TileChunk.Load(attention, cache, tile, queries, exchange);
        TileState total = TileState.Empty;
        for (int i = attention.First(tile.FirstPosition) / TileChunk.Size; i <= tile.LastPosition / TileChunk.Size; i++)
            total = TileState.Merge(total, chunk.Compute(attention, cache, quads, tile, i, queries, weights, exchange));

        int upper = Group.IdxX % 32 / 4;
        Finish(attention, cache, tile, upper, total.Upper, total.First.A, total.First.B, total.Second.A, total.Second.B, total.Third.A, total.Third.B, total.Fourth.A, total.Fourth.B);
        Finish(attention, cache, tile, upper + 8, total.Lower, total.First.C, total.First.D, total.Second.C, total.Second.D, total.Third.C, total.Third.D, total.Fourth.C, total.Fourth.D);
    }

    /// <summary>One chunk. Grid: rows, key-value heads x tiles, chunks. What it leaves is combined by <see cref="AttendKernel{TElements}.Combine"/>.</summary>
    /// <param name="attention">The rows.</param>
    /// <param name="cache">The layer.</param>
    /// <param name="quads">All of the cache, by 16 bytes.</param>
    /// <param name="parts">Receives for each row, head and chunk the sums of the head's elements, the maximum, and the sum.</param>
    public static void Spread(AttentionView attention, CacheView cache, ArrayView<IntQuad> quads, ArrayView<float> parts)
    {
        ArrayView<IntQuad> queries = SharedMemory.Allocate<IntQuad>(TileChunk.QueryQuads);
        ArrayView<IntQuad> weights = SharedMemory.Allocate<IntQuad>(TileChunk.WeightQuads);
        ArrayView<float> exchange = SharedMemory.Allocate<float>(TileChunk.ExchangeFloats);
        QueryTile tile = QueryTile.Here(attention);
        int index = Grid.IdxZ;
        if (tile.Rows == 0 || index > tile.LastPosition / TileChunk.Size || index < attention.First(tile.FirstPosition) / TileChunk.Size)
            return;
        TileChunk chunk = TileChunk.Load(attention, cache, tile, queries, exchange);
        TileState part = chunk.Compute(attention, cache, quads, tile, index, queries, weights, exchange);

        int upper = Group.IdxX % 32 / 4;
        Leave(attention, cache, tile, upper, part.Upper, parts, part.First.A, part.First.B, part.Second.A, part.Second.B, part.Third.A, part.Third.B, part.Fourth.A, part.Fourth.B);
        Leave(attention, cache, tile, upper + 8, part.Lower, parts, part.First.C, part.First.D, part.Second.C, part.Second.D, part.Third.C, part.Third.D, part.Fourth.C, part.Fourth.D);
    }

    private static void Finish(AttentionView attention, CacheView cache, QueryTile tile, int query, SoftmaxState state, float a, float b, float c, float d, float e, float f, float g, float h)
    {
        if (tile.Position(query) < 0)
            return;
        long place = tile.Place(attention, query);
        float factor = state.CloseWithSink(attention, (int)(place % attention.Heads), out float sum);
        Write(attention.Output, place * cache.HeadSize, cache.HeadSize, a * factor / sum, b * factor / sum, c * factor / sum, d * factor / sum, e * factor / sum, f * factor / sum, g * factor / sum, h * factor / sum);
    }

    private static void Leave(AttentionView attention, CacheView cache, QueryTile tile, int query, SoftmaxState state, ArrayView<float> parts, float a, float b, float c, float d, float e, float f, float g, float h)
    {
        if (tile.Position(query) < 0)
            return;
        long place = (tile.Place(attention, query) * Grid.DimZ + Grid.IdxZ) * (cache.HeadSize + 2);
        Write(parts, place, cache.HeadSize, a, b, c, d, e, f, g, h);
        if (Group.IdxX < 32 && Group.IdxX % 4 == 0)
        {
            parts[place + cache.HeadSize] = state.Max;
            parts[place + cache.HeadSize + 1] = state.Sum;
        }
    }

    /// <summary>Pairs of elements, each pair one group of eight for every warp further than the last.</summary>
    private static void Write(ArrayView<float> target, long start, int headSize, float a, float b, float c, float d, float e, float f, float g, float h)
    {
        int element = Group.IdxX / 32 * 8 + Group.IdxX % 4 * 2;
        Write(target, start, headSize, element, a, b);
        Write(target, start, headSize, element + TileChunk.Warps * 8, c, d);
        Write(target, start, headSize, element + TileChunk.Warps * 16, e, f);
        Write(target, start, headSize, element + TileChunk.Warps * 24, g, h);
    }

    private static void Write(ArrayView<float> target, long start, int headSize, int element, float first, float second)
    {
        if (element >= headSize)
            return;
        target[start + element] = first;
        target[start + element + 1] = second;
    }
}
