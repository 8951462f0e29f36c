using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>The two matrix products of attention over one chunk, in register tiles.</summary>
/// <remarks>
/// A score is a sum over the head's elements, one after the other; a weighted value is a sum over positions, one after the other.
/// Lanes are positions in the first and elements in the second, so that no tile and no vector width changes a result.
/// </remarks>
internal static unsafe class AttentionTiles
{
    /// <summary>Queries of a tile.</summary>
    public const int Queries = 4;

    private const int Chunk = CacheReader.ChunkSize;

    /// <summary>Products of queries with the positions of a chunk. Scores behind the last position are undefined.</summary>
    /// <param name="queries">Address of each query.</param>
    /// <param name="queryCount">How many.</param>
    /// <param name="keys">[head size][chunk].</param>
    /// <param name="headSize">Elements of a head.</param>
    /// <param name="positions">How many positions, 1 to the chunk size.</param>
    /// <param name="scores">[queries][chunk].</param>
    public static void Score(float** queries, int queryCount, float* keys, int headSize, int positions, float* scores)
    {
        int query = 0;
        for (; query <= queryCount - Queries; query += Queries)
        {
            Score4(queries + query, keys, headSize, scores + query * Chunk);
            if (positions > Chunk / 2)
                Score4(queries + query, keys + Chunk / 2, headSize, scores + query * Chunk + Chunk / 2);
        }

        for (; query < queryCount; query++)
            Score1(queries[query], keys, headSize, scores + query * Chunk);
    }

    /// <summary>Adds the values of positions <paramref name="from"/> to <paramref name="to"/>, weighted, to the sums of queries.</summary>
    /// <param name="weights">[queries][chunk].</param>
    /// <param name="queryCount">How many queries.</param>
    /// <param name="values">[chunk][stride].</param>
    /// <param name="stride">Elements of a head, rounded up to whole vectors.</param>
    /// <param name="from">First position; 0 starts the sums.</param>
    /// <param name="to">One past the last position.</param>
    /// <param name="sums">[queries][stride].</param>
    public static void Accumulate(float* weights, int queryCount, float* values, nint stride, int from, int to, float* sums)
    {
        int query = 0;
        for (; query <= queryCount - Queries; query += Queries)
        {
            nint element = 0;
            for (; element <= stride - 2 * Lanes.Count; element += 2 * Lanes.Count)
                Accumulate4(weights + query * Chunk, values + element, stride, from, to, sums + query * stride + element);
            for (int i = 0; element < stride && i < Queries; i++)
                Accumulate1(weights + (query + i) * Chunk, values + element, stride, from, to, sums + (query + i) * stride + element);
        }

        for (; query < queryCount; query++)
        {
            nint element = 0;
            for (; element <= stride - 4 * Lanes.Count; element += 4 * Lanes.Count)
                Accumulate1By4(weights + query * Chunk, values + element, stride, from, to, sums + query * stride + element);
            for (; element < stride; element += Lanes.Count)
                Accumulate1(weights + query * Chunk, values + element, stride, from, to, sums + query * stride + element);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score4(float** queries, float* keys, int headSize, float* scores)
    {
        float* q0 = queries[0];
        float* q1 = queries[1];
        float* q2 = queries[2];
        float* q3 = queries[3];
        Vector512<float> s00 = default, s01 = default, s10 = default, s11 = default;
        Vector512<float> s20 = default, s21 = default, s30 = default, s31 = default;
        for (nint i = 0; i < headSize; i++, keys += Chunk)
        {
            Vector512<float> k0 = Vector512.Load(keys);
            Vector512<float> k1 = Vector512.Load(keys + Lanes.Count);
            Vector512<float> q = Vector512.Create(q0[i]);
            s00 = Vector512.FusedMultiplyAdd(q, k0, s00);
            s01 = Vector512.FusedMultiplyAdd(q, k1, s01);
            q = Vector512.Create(q1[i]);
            s10 = Vector512.FusedMultiplyAdd(q, k0, s10);
            s11 = Vector512.FusedMultiplyAdd(q, k1, s11);
            q = Vector512.Create(q2[i]);
            s20 = Vector512.FusedMultiplyAdd(q, k0, s20);
            s21 = Vector512.FusedMultiplyAdd(q, k1, s21);
            q = Vector512.Create(q3[i]);
            s30 = Vector512.FusedMultiplyAdd(q, k0, s30);
            s31 = Vector512.FusedMultiplyAdd(q, k1, s31);
        }

        StorePair(s00, s01, scores);
        StorePair(s10, s11, scores + Chunk);
        StorePair(s20, s21, scores + 2 * Chunk);
        StorePair(s30, s31, scores + 3 * Chunk);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score1(float* query, float* keys, int headSize, float* scores)
    {
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (nint i = 0; i < headSize; i++, keys += Chunk)
        {
            Vector512<float> q = Vector512.Create(query[i]);
            s0 = Vector512.FusedMultiplyAdd(q, Vector512.Load(keys), s0);
            s1 = Vector512.FusedMultiplyAdd(q, Vector512.Load(keys + Lanes.Count), s1);
            s2 = Vector512.FusedMultiplyAdd(q, Vector512.Load(keys + 2 * Lanes.Count), s2);
            s3 = Vector512.FusedMultiplyAdd(q, Vector512.Load(keys + 3 * Lanes.Count), s3);
        }

        StorePair(s0, s1, scores);
        StorePair(s2, s3, scores + 2 * Lanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate4(float* weights, float* values, nint stride, int from, int to, float* sums)
    {
        Vector512<float> a00 = default, a01 = default, a10 = default, a11 = default;
        Vector512<float> a20 = default, a21 = default, a30 = default, a31 = default;
        if (from > 0)
        {
            (a00, a01) = LoadPair(sums);
            (a10, a11) = LoadPair(sums + stride);
            (a20, a21) = LoadPair(sums + 2 * stride);
            (a30, a31) = LoadPair(sums + 3 * stride);
        }

        values += from * stride;
        for (nint j = from; j < to; j++, values += stride)
        {
            Vector512<float> v0 = Vector512.Load(values);
            Vector512<float> v1 = Vector512.Load(values + Lanes.Count);
            Vector512<float> w = Vector512.Create(weights[j]);
            a00 = Vector512.FusedMultiplyAdd(w, v0, a00);
            a01 = Vector512.FusedMultiplyAdd(w, v1, a01);
            w = Vector512.Create(weights[j + Chunk]);
            a10 = Vector512.FusedMultiplyAdd(w, v0, a10);
            a11 = Vector512.FusedMultiplyAdd(w, v1, a11);
            w = Vector512.Create(weights[j + 2 * Chunk]);
            a20 = Vector512.FusedMultiplyAdd(w, v0, a20);
            a21 = Vector512.FusedMultiplyAdd(w, v1, a21);
            w = Vector512.Create(weights[j + 3 * Chunk]);
            a30 = Vector512.FusedMultiplyAdd(w, v0, a30);
            a31 = Vector512.FusedMultiplyAdd(w, v1, a31);
        }

        StorePair(a00, a01, sums);
        StorePair(a10, a11, sums + stride);
        StorePair(a20, a21, sums + 2 * stride);
        StorePair(a30, a31, sums + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate1By4(float* weights, float* values, nint stride, int from, int to, float* sums)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
        if (from > 0)
        {
            (a0, a1) = LoadPair(sums);
            (a2, a3) = LoadPair(sums + 2 * Lanes.Count);
        }

        values += from * stride;
        for (nint j = from; j < to; j++, values += stride)
        {
            Vector512<float> w = Vector512.Create(weights[j]);
            a0 = Vector512.FusedMultiplyAdd(w, Vector512.Load(values), a0);
            a1 = Vector512.FusedMultiplyAdd(w, Vector512.Load(values + Lanes.Count), a1);
            a2 = Vector512.FusedMultiplyAdd(w, Vector512.Load(values + 2 * Lanes.Count), a2);
            a3 = Vector512.FusedMultiplyAdd(w, Vector512.Load(values + 3 * Lanes.Count), a3);
        }

        StorePair(a0, a1, sums);
        StorePair(a2, a3, sums + 2 * Lanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate1(float* weights, float* values, nint stride, int from, int to, float* sums)
    {
        Vector512<float> sum = from > 0 ? Vector512.Load(sums) : default;
        values += from * stride;
        for (nint j = from; j < to; j++, values += stride)
            sum = Vector512.FusedMultiplyAdd(Vector512.Create(weights[j]), Vector512.Load(values), sum);
        sum.Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> First, Vector512<float> Second) LoadPair(float* source) =>
        (Vector512.Load(source), Vector512.Load(source + Lanes.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(Vector512<float> first, Vector512<float> second, float* destination)
    {
        first.Store(destination);
        second.Store(destination + Lanes.Count);
    }
}
