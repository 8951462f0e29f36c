using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Experts;

using FloatLaunch = Action<AcceleratorStream, Index1D, MatrixView, ArrayView<float>, ExpertPlaces, ArrayView<float>, ArrayView<float>, int>;
using QuantizedLaunch = Action<AcceleratorStream, Index1D, MatrixView, InputView, ExpertPlaces, ArrayView<float>, ArrayView<float>, int>;

/// <summary>Launches the products of experts' matrices. A kernel is compiled when it is first needed.</summary>
/// <param name="queue">Where to.</param>
/// <param name="linear">Rounds inputs.</param>
internal sealed class ExpertProducts(ComputeQueue queue, LinearKernels linear)
{
    private readonly Dictionary<(int CodeBits, ScaleForm Scales), Kernel<QuantizedLaunch>> _quantized = [];
    private readonly Dictionary<MatrixKind, Kernel<FloatLaunch>> _floats = [];

    /// <summary>Multiplies each place's row with its expert's matrix.</summary>
    /// <param name="stacks">Matrices that read the same input.</param>
    /// <param name="outputs">For each: [places, rows of an expert].</param>
    /// <param name="input">[input rows, columns].</param>
    /// <param name="inputRows">Rows of the input.</param>
    /// <param name="experts">The expert of each place.</param>
    /// <param name="order">The places, sorted by expert.</param>
    /// <param name="shared">Places that share a row of the input.</param>
    public void Run(
        ReadOnlySpan<ExpertStack> stacks, ReadOnlySpan<ArrayView<float>> outputs, ArrayView<float> input, int inputRows, ArrayView<int> experts, ArrayView<int> order, int shared)
    {
        int quantizedFor = 0;
        InputView quantized = default;
        for (int i = 0; i < stacks.Length; i++)
        {
            ExpertStack stack = stacks[i];
            ExpertPlaces places = new() { Experts = experts, Order = order, Shared = shared, PaddedRows = stack.PaddedRows, Rows = stack.Rows };
            ArrayView<float> biases = stack.Biases ?? input;
            int hasBias = stack.Biases is null ? 0 : 1;
            int size = checked(order.IntLength * stack.PaddedRows);
            if (stack.Layout.Kind != MatrixKind.Quantized)
            {
                Float(stack.Layout.Kind).Launch(queue.Stream, size, stack.View, input, places, biases, outputs[i], hasBias);
                continue;
            }

            if (quantizedFor != stack.Layout.Blocks)
            {
                quantized = linear.Quantize(input, inputRows, stack.Layout);
                quantizedFor = stack.Layout.Blocks;
            }

            Quantized(stack.Layout).Launch(queue.Stream, size, stack.View, quantized, places, biases, outputs[i], hasBias);
        }
    }

    /// <summary>Has what matrices of a layout take compiled when there is time.</summary>
    public void Expect(MatrixLayout layout)
    {
        if (layout.Kind != MatrixKind.Quantized)
        {
            Float(layout.Kind).Expect();
            return;
        }

        linear.ExpectRounding();
        Quantized(layout).Expect();
    }

    private Kernel<FloatLaunch> Float(MatrixKind kind)
    {
        if (!_floats.TryGetValue(kind, out Kernel<FloatLaunch>? kernel))
        {
            _floats.Add(kind, kernel = kind switch
            {
                MatrixKind.Single => Float<Singles>(),
                MatrixKind.Half => Float<Halves>(),
                _ => Float<BFloats>(),
            });
        }

        return kernel;
    }

    private Kernel<QuantizedLaunch> Quantized(MatrixLayout layout)
    {
        if (!_quantized.TryGetValue((layout.CodeBits, layout.Scales), out Kernel<QuantizedLaunch>? kernel))
        {
            _quantized.Add((layout.CodeBits, layout.Scales), kernel = (layout.CodeBits, layout.Scales) switch
            {
                (8, ScaleForm.Half) => Quantized<Codes8, HalfScales>(),
                (8, ScaleForm.Single) => Quantized<Codes8, SingleScales>(),
                (6, ScaleForm.Half) => Quantized<Codes6, HalfScales>(),
                (6, ScaleForm.Affine) => Quantized<Codes6, AffineScales>(),
                (6, ScaleForm.Signed) => Quantized<Codes6, SignedScales>(),
                (6, ScaleForm.Single) => Quantized<Codes6, SingleScales>(),
                (4, ScaleForm.Half) => Quantized<Codes4, HalfScales>(),
                (4, ScaleForm.Affine) => Quantized<Codes4, AffineScales>(),
                (4, ScaleForm.Single) => Quantized<Codes4, SingleScales>(),
                _ => throw new UnreachableException($"{layout.Type} has codes of {layout.CodeBits} bits and scales {layout.Scales}."),
            });
        }

        return kernel;
    }

    private Kernel<FloatLaunch> Float<TFloats>()
        where TFloats : struct, IFloats =>
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<float>, ExpertPlaces, ArrayView<float>, ArrayView<float>, int>(ExpertFloatKernel<TFloats>.Run));

    private Kernel<QuantizedLaunch> Quantized<TCodes, TScales>()
        where TCodes : struct, ICodes
        where TScales : struct, IScales =>
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, InputView, ExpertPlaces, ArrayView<float>, ArrayView<float>, int>(ExpertQuantizedKernel<TCodes, TScales>.Run));
}
