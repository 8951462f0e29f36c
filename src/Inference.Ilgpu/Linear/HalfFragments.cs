using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>What a thread has of 16 columns of 64 weight rows and 32 rows of the input: the operands of 16 products.</summary>
internal struct HalfFragments
{
    private IntQuad _a;
    private IntQuad _b;
    private IntQuad _c;
    private IntQuad _d;
    private IntPair _e;
    private IntPair _f;
    private IntPair _g;
    private IntPair _h;

    /// <summary>Reads them.</summary>
    /// <param name="weights">The thread's part of the first of four tiles, <see cref="HalfStage.StepBlocks"/> blocks each.</param>
    /// <param name="input">The thread's part of the first of four groups of eight rows.</param>
    public static HalfFragments Read(ArrayView<IntQuad> weights, ArrayView<IntPair> input)
    {
        HalfFragments fragments = default;
        fragments._a = weights[0];
        fragments._b = weights[64];
        fragments._c = weights[128];
        fragments._d = weights[192];
        fragments._e = input[0];
        fragments._f = input[64];
        fragments._g = input[128];
        fragments._h = input[192];
        return fragments;
    }

    /// <summary>Adds the products to the sums.</summary>
    public readonly WarpSums Multiply<TProduct>(WarpSums sums)
        where TProduct : struct, IHalfProduct
    {
        sums.A = Multiply<TProduct>(_a, sums.A);
        sums.B = Multiply<TProduct>(_b, sums.B);
        sums.C = Multiply<TProduct>(_c, sums.C);
        sums.D = Multiply<TProduct>(_d, sums.D);
        return sums;
    }

    private readonly FloatQuads Multiply<TProduct>(IntQuad weights, FloatQuads sums)
        where TProduct : struct, IHalfProduct
    {
        TProduct product = default;
        sums.A = product.Multiply(weights, _e, sums.A);
        sums.B = product.Multiply(weights, _f, sums.B);
        sums.C = product.Multiply(weights, _g, sums.C);
        sums.D = product.Multiply(weights, _h, sums.D);
        return sums;
    }
}
