using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;

namespace Inference.Ilgpu.Linear;

using EmbedKernel = Action<AcceleratorStream, Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>;
using QuantizedKernel = Action<AcceleratorStream, Index1D, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int>;

/// <summary>The kernels of quantised matrices, one for each pair of code width and scale form that a layout may have.</summary>
internal static class QuantizedKernels
{
    public static QuantizedKernel Plain(Accelerator accelerator, MatrixLayout layout) => (layout.CodeBits, layout.Scales) switch
    {
        (8, ScaleForm.Half) => Plain<Codes8, HalfScales>(accelerator),
        (8, ScaleForm.Single) => Plain<Codes8, SingleScales>(accelerator),
        (6, ScaleForm.Half) => Plain<Codes6, HalfScales>(accelerator),
        (6, ScaleForm.Affine) => Plain<Codes6, AffineScales>(accelerator),
        (6, ScaleForm.Signed) => Plain<Codes6, SignedScales>(accelerator),
        (6, ScaleForm.Single) => Plain<Codes6, SingleScales>(accelerator),
        (4, ScaleForm.Half) => Plain<Codes4, HalfScales>(accelerator),
        (4, ScaleForm.Affine) => Plain<Codes4, AffineScales>(accelerator),
        (4, ScaleForm.Single) => Plain<Codes4, SingleScales>(accelerator),
        _ => throw new UnreachableException($"{layout.Type} has codes of {layout.CodeBits} bits and scales {layout.Scales}."),
    };

    public static EmbedKernel Embed(Accelerator accelerator, MatrixLayout layout) => (layout.CodeBits, layout.Scales) switch
    {
        (8, ScaleForm.Half) => Embed<Codes8, HalfScales>(accelerator),
        (8, ScaleForm.Single) => Embed<Codes8, SingleScales>(accelerator),
        (6, ScaleForm.Half) => Embed<Codes6, HalfScales>(accelerator),
        (6, ScaleForm.Affine) => Embed<Codes6, AffineScales>(accelerator),
        (6, ScaleForm.Signed) => Embed<Codes6, SignedScales>(accelerator),
        (6, ScaleForm.Single) => Embed<Codes6, SingleScales>(accelerator),
        (4, ScaleForm.Half) => Embed<Codes4, HalfScales>(accelerator),
        (4, ScaleForm.Affine) => Embed<Codes4, AffineScales>(accelerator),
        (4, ScaleForm.Single) => Embed<Codes4, SingleScales>(accelerator),
        _ => throw new UnreachableException($"{layout.Type} has codes of {layout.CodeBits} bits and scales {layout.Scales}."),
    };

    private static QuantizedKernel Plain<TCodes, TScales>(Accelerator accelerator)
        where TCodes : struct, ICodes
        where TScales : struct, IScales =>
        accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int>(PlainQuantizedKernel<TCodes, TScales>.Run);

    private static EmbedKernel Embed<TCodes, TScales>(Accelerator accelerator)
        where TCodes : struct, ICodes
        where TScales : struct, IScales =>
        accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>(EmbedQuantizedKernel<TCodes, TScales>.Run);
}
