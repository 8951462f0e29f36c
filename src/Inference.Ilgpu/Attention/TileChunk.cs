using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Attention;

/// <summary>A chunk's softmax for a <see cref="QueryTile"/>, by 8 warps together: each scores 32 positions, then each weighs its share of the elements.</summary>
/// <remarks>
/// <para>A sum over elements or positions may take them in any order that both operands share. So each thread reads 16 bytes at once, and
/// hands them to two products: of a key the 8 elements, of a value's element the 8 positions that it holds. The positions that a thread
/// holds of the scores are those it needs of the weights.</para>
/// <para>Queries are rounded to 16 bits under a power of two that brings their largest element to 1; weights, which are at most 1, to 16 bits
/// too. Scores, maxima, sums and results are 32-bit floats.</para>
/// </remarks>
internal struct TileChunk
{
    public const int Warps = 8;

    /// <summary>Positions a chunk.</summary>
    public const int Size = Warps * 32;

    /// <summary>Shared memory for the queries of the largest head.</summary>
    public const int QueryQuads = TileAttendKernel.MostHeadSize / 16 * 32;

    /// <summary>Shared memory for the weights.</summary>
    public const int WeightQuads = Size / 16 * 32;

    /// <summary>Shared memory for maxima, and behind them sums, of each query and warp; first used for maxima of queries.</summary>
    public const int ExchangeFloats = QueryTile.Size * Warps * 2;

    /// <summary>Factors on the scores of the thread's two queries.</summary>
    private float _upperScale;
    private float _lowerScale;

    /// <summary>Brings the queries into shared memory, as the threads of a warp will read them.</summary>
    public static TileChunk Load(AttentionView attention, CacheView cache, QueryTile tile, ArrayView<IntQuad> queries, ArrayView<float> exchange)
    {
        int query = Group.IdxX / 16;
        float largest = 0;
        if (tile.Position(query) >= 0)
        {
            long start = tile.Place(attention, query) * cache.HeadSize;
            for (int i = Group.IdxX % 16; i < cache.HeadSize; i += 16)
                largest = XMath.Max(largest, XMath.Abs(attention.Queries[start + i]));
        }

        exchange[Group.IdxX] = largest;
        Group.Barrier();
        int entries = (cache.HeadSize + 31) / 32 * 64;
        int upper = Group.IdxX % 32 / 4;
        int upperExponent = Exponent(exchange, upper);
        int lowerExponent = Exponent(exchange, upper + 8);
        for (int i = Group.IdxX; i < entries; i += TileAttendKernel.GroupSize)
        {
            int element = i / 64 * 32 + i % 4 * 8 + i / 32 % 2 * 4;
            queries[i] = new IntQuad
            {
                A = Pair(attention, cache, tile, upper, element, upperExponent),
                B = Pair(attention, cache, tile, upper + 8, element, lowerExponent),
                C = Pair(attention, cache, tile, upper, element + 2, upperExponent),
                D = Pair(attention, cache, tile, upper + 8, element + 2, lowerExponent),
            };
        }

        Group.Barrier();
        return new TileChunk { _upperScale = Exact.Multiply(Power(upperExponent), attention.Scale), _lowerScale = Exact.Multiply(Power(lowerExponent), attention.Scale) };
    }

    /// <summary>The chunk's part for the queries and elements of this thread.</summary>
    public readonly TileState Compute(
        AttentionView attention, CacheView cache, ArrayView<IntQuad> quads, QueryTile tile, int chunk, ArrayView<IntQuad> queries, ArrayView<IntQuad> weights, ArrayView<float> exchange)
    {
        int warp = Group.IdxX / 32;
        int lane = Group.IdxX % 32;
        int upper = lane / 4;
        int start = chunk * Size + warp * 32;
        int last = tile.LastPosition;
        int first = attention.First(tile.FirstPosition);
        TileScores scores = TileScores.None;
        if (start <= last && start + 31 >= first)
        {
            scores = TileScores.Compute(attention, cache, quads, tile, start, queries);
            scores.Finish(attention, tile, upper, start + lane % 4 * 8, _upperScale, _lowerScale);
        }

        float upperMax = Largest(scores.First.A, scores.First.B, scores.Second.A, scores.Second.B, scores.Third.A, scores.Third.B, scores.Fourth.A, scores.Fourth.B);
        float lowerMax = Largest(scores.First.C, scores.First.D, scores.Second.C, scores.Second.D, scores.Third.C, scores.Third.D, scores.Fourth.C, scores.Fourth.D);
        if (lane % 4 == 0)
        {
            exchange[upper * Warps + warp] = upperMax;
            exchange[(upper + 8) * Warps + warp] = lowerMax;
        }

        Group.Barrier();
        TileState state = TileState.Empty;
        for (int i = 0; i < Warps; i++)
        {
            state.Upper.Max = XMath.Max(state.Upper.Max, exchange[upper * Warps + i]);
            state.Lower.Max = XMath.Max(state.Lower.Max, exchange[(upper + 8) * Warps + i]);
        }

        scores.Exponentiate(state.Upper.Max, state.Lower.Max);
        float upperSum = Sum(scores.First.A, scores.First.B, scores.Second.A, scores.Second.B, scores.Third.A, scores.Third.B, scores.Fourth.A, scores.Fourth.B);
        float lowerSum = Sum(scores.First.C, scores.First.D, scores.Second.C, scores.Second.D, scores.Third.C, scores.Third.D, scores.Fourth.C, scores.Fourth.D);
        int sums = QueryTile.Size * Warps;
        if (lane % 4 == 0)
        {
            exchange[sums + upper * Warps + warp] = upperSum;
            exchange[sums + (upper + 8) * Warps + warp] = lowerSum;
        }

        weights[warp * 64 + lane] = Weights(scores.First, scores.Second);
        weights[warp * 64 + 32 + lane] = Weights(scores.Third, scores.Fourth);
        Group.Barrier();
        for (int i = 0; i < Warps; i++)
        {
            state.Upper.Sum = Exact.Add(state.Upper.Sum, exchange[sums + upper * Warps + i]);
            state.Lower.Sum = Exact.Add(state.Lower.Sum, exchange[sums + (upper + 8) * Warps + i]);
        }

        // No barrier behind this: what is read here is written again only behind the next chunk's first.
        return Weigh(attention, cache, quads, tile, chunk, weights, state);
    }

    private static TileState Weigh(AttentionView attention, CacheView cache, ArrayView<IntQuad> quads, QueryTile tile, int chunk, ArrayView<IntQuad> weights, TileState state)
    {
        int lane = Group.IdxX % 32;
        int group = Group.IdxX / 32;
        int last = tile.LastPosition;
        int start = chunk * Size;
        int begin = XMath.Max(0, attention.First(tile.FirstPosition) - start) / 32;
        int end = XMath.Min(Warps - 1, (last - start) / 32);
        for (int i = begin; i <= end; i++)
        {
            IntQuad near = weights[i * 64 + lane];
            IntQuad far = weights[i * 64 + 32 + lane];
            // Behind the last position there may be no block; weights there are 0.
            int position = XMath.Min(start + i * 32 + lane % 4 * 8, last / 8 * 8);
            long values = cache.Keys(attention.Blocks[tile.Table + position / cache.BlockSize], tile.KeyHead) + cache.ValueStart;
            long place = values / 16 + (lane / 4 * cache.BlockSize + position % cache.BlockSize) / 8;
            if (group * 8 < cache.HeadSize)
                state.First = Multiply(near, far, quads[place + (long)group * cache.BlockSize], state.First);
            if ((group + Warps) * 8 < cache.HeadSize)
                state.Second = Multiply(near, far, quads[place + (long)(group + Warps) * cache.BlockSize], state.Second);
            if ((group + Warps * 2) * 8 < cache.HeadSize)
                state.Third = Multiply(near, far, quads[place + (long)(group + Warps * 2) * cache.BlockSize], state.Third);
            if ((group + Warps * 3) * 8 < cache.HeadSize)
                state.Fourth = Multiply(near, far, quads[place + (long)(group + Warps * 3) * cache.BlockSize], state.Fourth);
        }

        return state;
    }

    private static FloatQuad Multiply(IntQuad near, IntQuad far, IntQuad values, FloatQuad sum) =>
        TensorCore.Halves(far, new IntPair { A = values.C, B = values.D }, TensorCore.Halves(near, new IntPair { A = values.A, B = values.B }, sum));

    private static IntQuad Weights(FloatQuad near, FloatQuad far) => new()
    {
        A = HalfPair.Of(near.A, near.B),
        B = HalfPair.Of(near.C, near.D),
        C = HalfPair.Of(far.A, far.B),
        D = HalfPair.Of(far.C, far.D),
    };

    /// <summary>The largest of what the four threads that share a query have.</summary>
    private static float Largest(float a, float b, float c, float d, float e, float f, float g, float h)
    {
        float largest = XMath.Max(XMath.Max(XMath.Max(a, b), XMath.Max(c, d)), XMath.Max(XMath.Max(e, f), XMath.Max(g, h)));
        largest = XMath.Max(largest, Warp.ShuffleXor(largest, 1));
        return XMath.Max(largest, Warp.ShuffleXor(largest, 2));
    }

    /// <summary>The sum of what the four threads that share a query have.</summary>
    private static float Sum(float a, float b, float c, float d, float e, float f, float g, float h)
    {
        float sum = Exact.Add(Exact.Add(Exact.Add(a, b), Exact.Add(c, d)), Exact.Add(Exact.Add(e, f), Exact.Add(g, h)));
        sum = Exact.Add(sum, Warp.ShuffleXor(sum, 1));
        return Exact.Add(sum, Warp.ShuffleXor(sum, 2));
    }

    /// <summary>The exponent of a query's largest element, as floats store it.</summary>
    private static int Exponent(ArrayView<float> exchange, int query)
    {
        float largest = 0;
        for (int i = 0; i < 16; i++)
            largest = XMath.Max(largest, exchange[query * 16 + i]);
        int exponent = (int)(Interop.FloatAsInt(largest) >> 23 & 0xFFu);
        return XMath.Max(1, XMath.Min(253, exponent));
    }

    private static float Power(int exponent) => Interop.IntAsFloat((uint)(exponent << 23));

    private static int Pair(AttentionView attention, CacheView cache, QueryTile tile, int query, int element, int exponent)
    {
        int pair = 0;
        if (element < cache.HeadSize && tile.Position(query) >= 0)
        {
            long start = tile.Place(attention, query) * cache.HeadSize + element;
            float inverse = Power(254 - exponent);
            pair = HalfPair.Of(Exact.Multiply(attention.Queries[start], inverse), Exact.Multiply(attention.Queries[start + 1], inverse));
        }

        return pair;
    }
}
