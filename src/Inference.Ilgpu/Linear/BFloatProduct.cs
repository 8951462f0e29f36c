using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>The upper halves of floats, whose range needs no factor.</summary>
internal readonly struct BFloatProduct : IHalfProduct
{
    public FloatQuad Multiply(IntQuad weights, IntPair input, FloatQuad sum) => TensorCore.BFloats(weights, input, sum);

    public float Factor(float magnitude) => 1;

    public int Round(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        // Ties to even. What is no number would become infinite if its lower bits alone said so.
        uint rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
        if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
            rounded = 0x7FC0u;
        return (int)rounded;
    }
}
