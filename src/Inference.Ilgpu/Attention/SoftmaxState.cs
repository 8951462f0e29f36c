using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Attention;

/// <summary>The running maximum and sum of exponentials of a softmax.</summary>
/// <remarks>
/// Milakov and Gimelshein, Online normalizer calculation for softmax (2018). Every merge of two parts, wherever it happens, is this one:
/// multiplications and additions are rounded as written, so that a chunk's part counts the same whether one group of threads walks all
/// chunks or each has its own.
/// </remarks>
internal struct SoftmaxState
{
    /// <summary>The largest score; minus infinity where there is none yet.</summary>
    public float Max;

    /// <summary>The sum of exp(score - max).</summary>
    public float Sum;

    /// <summary>Nothing seen.</summary>
    public static SoftmaxState Empty => new() { Max = float.NegativeInfinity, Sum = 0 };

    /// <summary>What the parts' weights must be multiplied by when they come under a common maximum.</summary>
    public static float Factor(float max, float common)
    {
        float factor = XMath.Exp(max - common);
        // A part without any score: its maximum is infinite, and so may the common one be.
        if (max == float.NegativeInfinity)
            factor = 0;
        return factor;
    }

    /// <summary>Adds a head's sink, where there is one.</summary>
    /// <param name="attention">The rows.</param>
    /// <param name="head">The query head.</param>
    /// <param name="sum">What results must be divided by.</param>
    /// <returns>What results must be multiplied by.</returns>
    public readonly float CloseWithSink(AttentionView attention, int head, out float sum)
    {
        float factor = 1;
        sum = Sum;
        if (attention.HasSinks != 0)
        {
            float sink = attention.Sinks[head];
            float max = XMath.Max(Max, sink);
            factor = Factor(Max, max);
            sum = Merge(Sum, factor, 1, Factor(sink, max));
        }

        return factor;
    }

    /// <summary>The sum under the common maximum.</summary>
    public static float Merge(float first, float firstFactor, float second, float secondFactor) =>
        Exact.MultiplyAdd(second, secondFactor, Exact.Multiply(first, firstFactor));
}
