using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>How many of the eight rows of the input that a product has are there.</summary>
internal interface INarrowRows
{
    /// <summary>Adds a block's part to the sums of the rows.</summary>
    FloatQuad Add<TScales>(FloatQuad sum, IntQuad weights, ScalePair scales, InputTile input)
        where TScales : struct, IScales;
}
