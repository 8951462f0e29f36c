using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Attention;

/// <summary>
/// What a thread has of a tile's result: of two queries, 8 apart, the softmax and two neighbouring elements of each of four groups of eight.
/// </summary>
internal struct TileState
{
    public SoftmaxState Upper;
    public SoftmaxState Lower;
    public FloatQuad First;
    public FloatQuad Second;
    public FloatQuad Third;
    public FloatQuad Fourth;

    /// <summary>Nothing seen.</summary>
    public static TileState Empty => new() { Upper = SoftmaxState.Empty, Lower = SoftmaxState.Empty };

    /// <summary>Both under a common maximum: the same operations as where chunks that were spread are combined.</summary>
    public static TileState Merge(TileState total, TileState part)
    {
        float upper = XMath.Max(total.Upper.Max, part.Upper.Max);
        float upperBefore = SoftmaxState.Factor(total.Upper.Max, upper);
        float upperNow = SoftmaxState.Factor(part.Upper.Max, upper);
        float lower = XMath.Max(total.Lower.Max, part.Lower.Max);
        float lowerBefore = SoftmaxState.Factor(total.Lower.Max, lower);
        float lowerNow = SoftmaxState.Factor(part.Lower.Max, lower);
        total.Upper.Sum = SoftmaxState.Merge(total.Upper.Sum, upperBefore, part.Upper.Sum, upperNow);
        total.Upper.Max = upper;
        total.Lower.Sum = SoftmaxState.Merge(total.Lower.Sum, lowerBefore, part.Lower.Sum, lowerNow);
        total.Lower.Max = lower;
        total.First = Merge(total.First, part.First, upperBefore, upperNow, lowerBefore, lowerNow);
        total.Second = Merge(total.Second, part.Second, upperBefore, upperNow, lowerBefore, lowerNow);
        total.Third = Merge(total.Third, part.Third, upperBefore, upperNow, lowerBefore, lowerNow);
        total.Fourth = Merge(total.Fourth, part.Fourth, upperBefore, upperNow, lowerBefore, lowerNow);
        return total;
    }

    private static FloatQuad Merge(FloatQuad total, FloatQuad part, float upperBefore, float upperNow, float lowerBefore, float lowerNow) => new()
    {
        A = SoftmaxState.Merge(total.A, upperBefore, part.A, upperNow),
        B = SoftmaxState.Merge(total.B, upperBefore, part.B, upperNow),
        C = SoftmaxState.Merge(total.C, lowerBefore, part.C, lowerNow),
        D = SoftmaxState.Merge(total.D, lowerBefore, part.D, lowerNow),
    };
}
