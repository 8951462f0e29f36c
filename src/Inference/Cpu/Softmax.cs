using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>The softmax of queries over one chunk, not yet divided. Exponents are those of 2, into which the scale turns scores.</summary>
internal static unsafe class Softmax
{
    private const int Chunk = CacheReader.ChunkSize;

    /// <summary>Turns scores into weights, 2^(score x scale - largest); gives the largest and the sum.</summary>
    /// <param name="scores">A chunk of them, in whole vectors.</param>
    /// <param name="hidden">How many at the beginning do not count: they become 0. Fewer than visible.</param>
    /// <param name="visible">Where those that count end. The others up to a whole vector become 0.</param>
    /// <param name="scale">Factor on each score, above 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Largest, float Weight) Soften(float* scores, int hidden, int visible, float scale)
    {
        Vector512<float> least = Vector512.Create(float.NegativeInfinity);
        Vector512<float> largest = least;
        for (int i = 0; i < visible; i += Lanes.Count)
        {
            Vector512<int> seen = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(visible - i))
                & Vector512.GreaterThanOrEqual(Vector512<int>.Indices, Vector512.Create(hidden - i));
            Vector512<float> score = Vector512.ConditionalSelect(seen.AsSingle(), Vector512.Load(scores + i), least);
            score.Store(scores + i);
            largest = Lanes.Larger(score, largest);
        }

        float top = Lanes.Max(largest) * scale;
        Vector512<float> sum = Vector512<float>.Zero;
        for (int i = 0; i < visible; i += Lanes.Count)
        {
            Vector512<float> weight = Weigh(scores + i, scale, top);
            weight.Store(scores + i);
            sum += weight;
        }

        return (top, Lanes.Sum(sum));
    }

    /// <summary>As <see cref="Soften"/>, for queries that see all of the chunk: it stays in registers.</summary>
    /// <param name="scores">[queries][chunk].</param>
    /// <param name="count">Queries.</param>
    /// <param name="scale">Factor on each score, above 0.</param>
    /// <param name="largest">Receives the largest of each query.</param>
    /// <param name="sums">Receives the sum of each query.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftenWhole(float* scores, int count, float scale, float* largest, float* sums)
    {
        // First what is the largest, of all queries: each waits long for its lanes, and meanwhile the processor turns to the next.
        for (int query = 0; query < count; query++)
        {
            float* chunk = scores + query * Chunk;
            Vector512<float> most = Lanes.Larger(Vector512.Load(chunk), Vector512.Create(float.NegativeInfinity));
            most = Lanes.Larger(Vector512.Load(chunk + Lanes.Count), most);
            most = Lanes.Larger(Vector512.Load(chunk + 2 * Lanes.Count), most);
            largest[query] = Lanes.Max(Lanes.Larger(Vector512.Load(chunk + 3 * Lanes.Count), most)) * scale;
        }

        for (int query = 0; query < count; query++, scores += Chunk)
        {
            float top = largest[query];
            Vector512<float> w0 = Weigh(scores, scale, top);
            Vector512<float> w1 = Weigh(scores + Lanes.Count, scale, top);
            Vector512<float> w2 = Weigh(scores + 2 * Lanes.Count, scale, top);
            Vector512<float> w3 = Weigh(scores + 3 * Lanes.Count, scale, top);
            w0.Store(scores);
            w1.Store(scores + Lanes.Count);
            w2.Store(scores + 2 * Lanes.Count);
            w3.Store(scores + 3 * Lanes.Count);
            sums[query] = Lanes.Sum(w0 + w1 + w2 + w3);
        }
    }

    /// <summary>Caps scores softly: cap x tanh(score x scale / cap).</summary>
    /// <param name="scores">A chunk of them, in whole vectors.</param>
    /// <param name="count">How many.</param>
    /// <param name="scale">Factor on each score.</param>
    /// <param name="cap">Above 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cap(float* scores, int count, float scale, float cap)
    {
        for (int i = 0; i < count; i += Lanes.Count)
            ElementKernel.SoftCap(Vector512.Load(scores + i) * scale, cap).Store(scores + i);
    }

    // The largest score itself may come out a rounding error above 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Weigh(float* scores, float scale, float top) =>
        Exponential.Exp2OfNegative(Vector512.FusedMultiplyAdd(Vector512.Load(scores), Vector512.Create(scale), Vector512.Create(-top)));
}
