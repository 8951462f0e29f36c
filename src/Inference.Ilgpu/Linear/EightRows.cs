using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Any number.</summary>
internal readonly struct EightRows : INarrowRows
{
    public FloatQuad Add<TScales>(FloatQuad sum, IntQuad weights, ScalePair scales, InputTile input)
        where TScales : struct, IScales => WarpBlock<TScales>.Add(sum, weights, scales, input);
}
