using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>Softmax attention of some queries over some positions, not yet divided: the largest score, the sum of weights, the sum of weighted values.</summary>
/// <remarks>
/// The online softmax of Milakov and Gimelshein (2018), chunk by chunk; scores are exponents of 2. A chunk's partial depends on the chunk
/// alone and partials are merged in ascending order, so that chunks may be computed one after the other or spread over cores with equal bits.
/// </remarks>
internal readonly unsafe struct AttentionPartial
{
    /// <summary>Describes memory of <see cref="Floats"/> floats.</summary>
    public AttentionPartial(float* memory, int queries, nint stride)
    {
        nint lanes = queries + Lanes.Count;
        Largest = memory;
        Weight = memory + lanes;
        Sums = memory + 2 * lanes;
        Stride = stride;
    }

    /// <summary>Largest score of each query.</summary>
    public float* Largest { get; }

    /// <summary>Sum over positions of 2^(score - largest), for each query.</summary>
    public float* Weight { get; }

    /// <summary>[queries][<see cref="Stride"/>]: sum over positions of 2^(score - largest) x value.</summary>
    public float* Sums { get; }

    /// <summary>Elements of a head, rounded up to whole vectors.</summary>
    public nint Stride { get; }

    /// <summary>Floats that a partial takes. Vectors of queries may reach behind the last one.</summary>
    public static nint Floats(int queries, nint stride) => 2 * (queries + Lanes.Count) + queries * stride;

    /// <summary>Makes it the partial of no positions.</summary>
    public void Clear(int queries)
    {
        new Span<float>(Largest, queries + Lanes.Count).Fill(float.NegativeInfinity);
        new Span<float>(Weight, queries + Lanes.Count).Clear();
        new Span<float>(Sums, checked((int)(queries * Stride))).Clear();
    }

    /// <summary>Adds the partial of the positions that follow.</summary>
    /// <param name="next">The partial to add.</param>
    /// <param name="from">First query that sees those positions.</param>
    /// <param name="to">One past the last query that does.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Merge(in AttentionPartial next, int from, int to)
    {
        float* kept = stackalloc float[Lanes.Count];
        float* added = stackalloc float[Lanes.Count];
        for (int first = from; first < to; first += Lanes.Count)
        {
            Vector512<float> largest = Vector512.Load(Largest + first);
            Vector512<float> nextLargest = Vector512.Load(next.Largest + first);
            Vector512<float> larger = Lanes.Larger(nextLargest, largest);
            Vector512<float> keep = Exponential.Exp2OfNegative(largest - larger);
            Vector512<float> add = Exponential.Exp2OfNegative(nextLargest - larger);
            // Queries from the end on may not have seen anything yet, and their part of the next partial was not computed.
            Vector512<float> seen = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(to - first)).AsSingle();
            Vector512<float> weight = Vector512.Load(Weight + first);
            Vector512<float> merged = Vector512.FusedMultiplyAdd(Vector512.Load(next.Weight + first), add, weight * keep);
            Vector512.ConditionalSelect(seen, larger, largest).Store(Largest + first);
            Vector512.ConditionalSelect(seen, merged, weight).Store(Weight + first);
            keep.Store(kept);
            add.Store(added);
            int end = int.Min(to, first + Lanes.Count);
            for (int query = first; query < end; query++)
                MergeSums(Sums + query * Stride, next.Sums + query * Stride, kept[query - first], added[query - first]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MergeSums(float* sums, float* next, float keep, float add)
    {
        Vector512<float> keeps = Vector512.Create(keep);
        Vector512<float> adds = Vector512.Create(add);
        for (nint i = 0; i < Stride; i += Lanes.Count)
            Vector512.FusedMultiplyAdd(Vector512.Load(next + i), adds, Vector512.Load(sums + i) * keeps).Store(sums + i);
    }
}
