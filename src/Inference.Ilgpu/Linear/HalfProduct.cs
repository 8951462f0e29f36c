using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>16-bit floats. A row's largest magnitude becomes a number from 1 to 2: then nothing is too large, and what is too small does not matter beside it.</summary>
internal readonly struct HalfProduct : IHalfProduct
{
    public FloatQuad Multiply(IntQuad weights, IntPair input, FloatQuad sum) => TensorCore.Halves(weights, input, sum);

    public float Factor(float magnitude)
    {
        int exponent = (int)(Interop.FloatAsInt(magnitude) >> 23) & 0xFF;
        // Zero, subnormal numbers, and what is no number stay as they are; so do the largest and smallest exponents, whose inverse is none.
        if (exponent < 2 || exponent > 252)
            return 1;
        return Interop.IntAsFloat((uint)(254 - exponent) << 23);
    }

    public int Round(float value) => Bytes.ToHalf(value);
}
