using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu;

/// <summary>The softmax of one query over one chunk, not yet divided.</summary>
internal static unsafe class Softmax
{
    /// <summary>Turns scores into weights, exp(score x scale - largest); gives the largest and the sum.</summary>
    /// <param name="scores">A chunk of them, in whole vectors.</param>
    /// <param name="hidden">How many at the beginning do not count: they become 0. Fewer than visible.</param>
    /// <param name="visible">Where those that count end. The others up to a whole vector become 0.</param>
    /// <param name="scale">Factor on each score.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Largest, float Weight) Soften(float* scores, int hidden, int visible, float scale)
    {
        if (visible == CacheReader.ChunkSize && hidden == 0)
            return SoftenWhole(scores, scale);
        Vector512<float> scales = Vector512.Create(scale);
        Vector512<float> least = Vector512.Create(float.NegativeInfinity);
        Vector512<float> largest = least;
        for (int i = 0; i < visible; i += Lanes.Count)
        {
            Vector512<int> seen = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(visible - i))
                & Vector512.GreaterThanOrEqual(Vector512<int>.Indices, Vector512.Create(hidden - i));
            Vector512<float> score = Vector512.ConditionalSelect(seen.AsSingle(), Vector512.Load(scores + i) * scales, least);
            score.Store(scores + i);
            largest = Lanes.Larger(score, largest);
        }

        float top = Lanes.Max(largest);
        Vector512<float> sum = Vector512<float>.Zero;
        for (int i = 0; i < visible; i += Lanes.Count)
        {
            Vector512<float> weight = Exponential.ExpOfNegative(Vector512.Load(scores + i) - Vector512.Create(top));
            weight.Store(scores + i);
            sum += weight;
        }

        return (top, Lanes.Sum(sum));
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

    /// <summary>As <see cref="Soften"/>, with all of the chunk in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Largest, float Weight) SoftenWhole(float* scores, float scale)
    {
        Vector512<float> scales = Vector512.Create(scale);
        Vector512<float> s0 = Vector512.Load(scores) * scales;
        Vector512<float> s1 = Vector512.Load(scores + Lanes.Count) * scales;
        Vector512<float> s2 = Vector512.Load(scores + 2 * Lanes.Count) * scales;
        Vector512<float> s3 = Vector512.Load(scores + 3 * Lanes.Count) * scales;
        Vector512<float> largest = Lanes.Larger(s0, Vector512.Create(float.NegativeInfinity));
        largest = Lanes.Larger(s3, Lanes.Larger(s2, Lanes.Larger(s1, largest)));
        float top = Lanes.Max(largest);
        Vector512<float> tops = Vector512.Create(top);
        s0 = Exponential.ExpOfNegative(s0 - tops);
        s1 = Exponential.ExpOfNegative(s1 - tops);
        s2 = Exponential.ExpOfNegative(s2 - tops);
        s3 = Exponential.ExpOfNegative(s3 - tops);
        s0.Store(scores);
        s1.Store(scores + Lanes.Count);
        s2.Store(scores + 2 * Lanes.Count);
        s3.Store(scores + 3 * Lanes.Count);
        return (top, Lanes.Sum(s0 + s1 + s2 + s3));
    }
}
