using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>The first alone: a thread's second column is never there, and nothing is computed for it.</summary>
internal readonly struct OneRow : INarrowRows
{
    public FloatQuad Add<TScales>(FloatQuad sum, IntQuad weights, ScalePair scales, InputTile input)
        where TScales : struct, IScales
    {
        TScales form = default;
        // Whatever; this way it need not be read.
        input.RightSums = input.LeftSums;
        IntQuad low = form.Low(weights, input);
        IntQuad high = form.High(weights, input);
        sum.A = form.Add(sum.A, scales.Lower, low.A, high.A, input.LeftSums.A, input.LeftSums.B, input.LeftScale);
        sum.C = form.Add(sum.C, scales.Upper, low.C, high.C, input.LeftSums.A, input.LeftSums.B, input.LeftScale);
        return sum;
    }
}
