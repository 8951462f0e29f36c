using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>A type of 16-bit floats on tensor cores.</summary>
internal interface IHalfProduct
{
    /// <summary>16 x 16 weights times 16 columns of eight rows of the input, added to a sum.</summary>
    FloatQuad Multiply(IntQuad weights, IntPair input, FloatQuad sum);

    /// <summary>What a row is multiplied by before it is rounded, a power of two.</summary>
    /// <param name="magnitude">The row's largest.</param>
    float Factor(float magnitude);

    /// <summary>The bits of the nearest number.</summary>
    int Round(float value);
}
