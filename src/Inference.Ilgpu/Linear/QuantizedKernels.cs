using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using EmbedLaunch = Action<AcceleratorStream, Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>;

/// <summary>The kernels of quantised matrices, one for each pair of code width and scale form that a layout may have.</summary>
internal static class QuantizedKernels
{
    public static QuantizedProduct Product(ComputeQueue queue, MatrixLayout layout) => (layout.CodeBits, layout.Scales) switch
    {
        (8, ScaleForm.Half) => QuantizedProduct.Create<Codes8, HalfScales>(queue),
        (8, ScaleForm.Single) => QuantizedProduct.Create<Codes8, SingleScales>(queue),
        (6, ScaleForm.Half) => QuantizedProduct.Create<Codes6, HalfScales>(queue),
        (6, ScaleForm.Affine) => QuantizedProduct.Create<Codes6, AffineScales>(queue),
        (6, ScaleForm.Signed) => QuantizedProduct.Create<Codes6, SignedScales>(queue),
        (6, ScaleForm.Single) => QuantizedProduct.Create<Codes6, SingleScales>(queue),
        (4, ScaleForm.Half) => QuantizedProduct.Create<Codes4, HalfScales>(queue),
        (4, ScaleForm.Affine) => QuantizedProduct.Create<Codes4, AffineScales>(queue),
        (4, ScaleForm.Single) => QuantizedProduct.Create<Codes4, SingleScales>(queue),
        _ => throw new UnreachableException($"{layout.Type} has codes of {layout.CodeBits} bits and scales {layout.Scales}."),
    };

    public static Kernel<EmbedLaunch> Embed(ComputeQueue queue, MatrixLayout layout) => (layout.CodeBits, layout.Scales) switch
    {
        (8, ScaleForm.Half) => Embed<Codes8, HalfScales>(queue),
        (8, ScaleForm.Single) => Embed<Codes8, SingleScales>(queue),
        (6, ScaleForm.Half) => Embed<Codes6, HalfScales>(queue),
        (6, ScaleForm.Affine) => Embed<Codes6, AffineScales>(queue),
        (6, ScaleForm.Signed) => Embed<Codes6, SignedScales>(queue),
        (6, ScaleForm.Single) => Embed<Codes6, SingleScales>(queue),
        (4, ScaleForm.Half) => Embed<Codes4, HalfScales>(queue),
        (4, ScaleForm.Affine) => Embed<Codes4, AffineScales>(queue),
        (4, ScaleForm.Single) => Embed<Codes4, SingleScales>(queue),
        _ => throw new UnreachableException($"{layout.Type} has codes of {layout.CodeBits} bits and scales {layout.Scales}."),
    };

    private static Kernel<EmbedLaunch> Embed<TCodes, TScales>(ComputeQueue queue)
        where TCodes : struct, ICodes
        where TScales : struct, IScales =>
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>(EmbedQuantizedKernel<TCodes, TScales>.Run));
}
