using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>A block's part of the sums of a tile of 16 weight rows and eight or 32 rows of the input, computed by a warp.</summary>
/// <typeparam name="TScales">What codes are multiplied by.</typeparam>
internal static class WarpBlock<TScales>
    where TScales : struct, IScales
{
    /// <summary>Eight rows of the input.</summary>
    public static FloatQuad Add(FloatQuad sum, IntQuad weights, ScalePair scales, InputTile input)
    {
        TScales form = default;
        IntQuad low = form.Low(weights, input);
        IntQuad high = form.High(weights, input);
        sum.A = form.Add(sum.A, scales.Lower, low.A, high.A, input.LeftSums.A, input.LeftSums.B, input.LeftScale);
        sum.B = form.Add(sum.B, scales.Lower, low.B, high.B, input.RightSums.A, input.RightSums.B, input.RightScale);
        sum.C = form.Add(sum.C, scales.Upper, low.C, high.C, input.LeftSums.A, input.LeftSums.B, input.LeftScale);
        sum.D = form.Add(sum.D, scales.Upper, low.D, high.D, input.RightSums.A, input.RightSums.B, input.RightScale);
        return sum;
    }

    /// <summary>32 rows of the input.</summary>
    public static FloatQuads Add(FloatQuads sums, IntQuad weights, ScalePair scales, InputTile a, InputTile b, InputTile c, InputTile d)
    {
        sums.A = Add(sums.A, weights, scales, a);
        sums.B = Add(sums.B, weights, scales, b);
        sums.C = Add(sums.C, weights, scales, c);
        sums.D = Add(sums.D, weights, scales, d);
        return sums;
    }
}
