using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Attention;

/// <summary>
/// A warp's scores of 16 queries at 32 positions. A thread has of two queries, 8 apart, the 8 positions from 8 x (thread mod 4) on, two in each
/// of the four products' results.
/// </summary>
internal struct TileScores
{
    public FloatQuad First;
    public FloatQuad Second;
    public FloatQuad Third;
    public FloatQuad Fourth;

    /// <summary>Nothing seen.</summary>
    public static TileScores None => new() { First = Unseen, Second = Unseen, Third = Unseen, Fourth = Unseen };

    private static FloatQuad Unseen => new() { A = float.NegativeInfinity, B = float.NegativeInfinity, C = float.NegativeInfinity, D = float.NegativeInfinity };

    /// <summary>Queries times keys.</summary>
    public static TileScores Compute(AttentionView attention, CacheView cache, ArrayView<IntQuad> quads, QueryTile tile, int start, ArrayView<IntQuad> queries)
    {
        int lane = Group.IdxX % 32;
        // The position whose key this thread reads for the first product; for the next ones it is two, four and six further.
        int position = start + lane / 8 * 8 + lane / 4 % 2;
        long first = Key(attention, cache, tile, position);
        long second = Key(attention, cache, tile, position + 2);
        long third = Key(attention, cache, tile, position + 4);
        long fourth = Key(attention, cache, tile, position + 6);
        TileScores scores = default;
        for (int i = 0; i * 32 < cache.HeadSize; i++)
        {
            IntQuad near = queries[i * 64 + lane];
            IntQuad far = queries[i * 64 + 32 + lane];
            int element = i * 4 + lane % 4;
            bool isElement = element * 8 < cache.HeadSize;
            scores.First = Multiply(near, far, Load(quads, first + element, isElement), scores.First);
            scores.Second = Multiply(near, far, Load(quads, second + element, isElement), scores.Second);
            scores.Third = Multiply(near, far, Load(quads, third + element, isElement), scores.Third);
            scores.Fourth = Multiply(near, far, Load(quads, fourth + element, isElement), scores.Fourth);
        }

        return scores;
    }

    /// <summary>Scales, caps, and leaves out what a query does not see.</summary>
    public void Finish(AttentionView attention, QueryTile tile, int query, int position, float upperScale, float lowerScale)
    {
        int upper = tile.Position(query);
        int lower = tile.Position(query + 8);
        First = Finish(attention, First, position, upper, lower, upperScale, lowerScale);
        Second = Finish(attention, Second, position + 2, upper, lower, upperScale, lowerScale);
        Third = Finish(attention, Third, position + 4, upper, lower, upperScale, lowerScale);
        Fourth = Finish(attention, Fourth, position + 6, upper, lower, upperScale, lowerScale);
    }

    /// <summary>Scores become weights.</summary>
    public void Exponentiate(float upper, float lower)
    {
        First = Exponentiate(First, upper, lower);
        Second = Exponentiate(Second, upper, lower);
        Third = Exponentiate(Third, upper, lower);
        Fourth = Exponentiate(Fourth, upper, lower);
    }

    private static FloatQuad Exponentiate(FloatQuad scores, float upper, float lower) => new()
    {
        A = SoftmaxState.Factor(scores.A, upper),
        B = SoftmaxState.Factor(scores.B, upper),
        C = SoftmaxState.Factor(scores.C, lower),
        D = SoftmaxState.Factor(scores.D, lower),
    };

    private static FloatQuad Finish(AttentionView attention, FloatQuad scores, int position, int upper, int lower, float upperScale, float lowerScale) => new()
    {
        A = Finish(attention, scores.A, position, upper, upperScale),
        B = Finish(attention, scores.B, position + 1, upper, upperScale),
        C = Finish(attention, scores.C, position, lower, lowerScale),
        D = Finish(attention, scores.D, position + 1, lower, lowerScale),
    };

    private static float Finish(AttentionView attention, float dot, int position, int last, float scale)
    {
        float score = attention.Score(dot, scale);
        // A query that is none has -1 for its last position, and sees nothing.
        if (position > last || position < attention.First(last))
            score = float.NegativeInfinity;
        return score;
    }

    /// <summary>Where the key of a position is, by 16 bytes. Behind the last position there may be no block, and what is read does not count.</summary>
    private static long Key(AttentionView attention, CacheView cache, QueryTile tile, int position)
    {
        int real = XMath.Min(position, tile.LastPosition);
        return cache.Keys(attention.Blocks[tile.Table + real / cache.BlockSize], tile.KeyHead) / 16 + real % cache.BlockSize * (cache.HeadSize / 8);
    }

    private static IntQuad Load(ArrayView<IntQuad> quads, long place, bool isElement)
    {
        IntQuad quad = default;
        if (isElement)
            quad = quads[place];
        return quad;
    }

    private static FloatQuad Multiply(IntQuad near, IntQuad far, IntQuad keys, FloatQuad sum) =>
        TensorCore.Halves(far, new IntPair { A = keys.C, B = keys.D }, TensorCore.Halves(near, new IntPair { A = keys.A, B = keys.B }, sum));
}
