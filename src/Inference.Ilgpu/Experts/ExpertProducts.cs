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
internal sealed class ExpertProducts(ComputeQueue queue, LinearKernels linear) : IQuantizedVisitor<(Kernel<QuantizedLaunch> Plain, ExpertSpreadLauncher Spread)>
{
    private readonly Dictionary<QuantizedForm, (Kernel<QuantizedLaunch> Plain, ExpertSpreadLauncher Spread)> _quantized = [];
    private readonly Dictionary<MatrixKind, ExpertSpreadLauncher> _halves = [];
    private readonly Dictionary<MatrixKind, Kernel<FloatLaunch>> _floats = [];

    /// <summary>The kernel: <see cref="ProductPath.Plain"/>, or any other for tensor cores; null for those where there are any.</summary>
    public ProductPath? Path { get; init; }

    private bool Spreads => Path is null ? queue.UsesTensorCores : Path != ProductPath.Plain;

    /// <summary>Multiplies each place's row with its expert's matrix.</summary>
    /// <param name="stacks">Matrices that read the same input.</param>
    /// <param name="outputs">For each: [places, rows of an expert].</param>
    /// <param name="input">[input rows, columns].</param>
    /// <param name="inputRows">Rows of the input.</param>
    /// <param name="routed">Who computes what; the sizes of matrices are the stacks' own.</param>
    public void Run(ReadOnlySpan<ExpertStack> stacks, ReadOnlySpan<ArrayView<float>> outputs, ArrayView<float> input, int inputRows, ExpertPlaces routed)
    {
        (MatrixKind Kind, int Blocks)? roundedFor = null;
        InputView rounded = default;
        for (int i = 0; i < stacks.Length; i++)
        {
            ExpertStack stack = stacks[i];
            MatrixLayout layout = stack.Layout;
            ExpertPlaces places = routed with { PaddedRows = stack.PaddedRows, Rows = stack.Rows };
            ArrayView<float> biases = stack.Biases ?? input;
            int hasBias = stack.Biases is null ? 0 : 1;
            int size = checked(places.Order.IntLength * stack.PaddedRows);
            if (!Rounds(layout))
            {
                Float(layout.Kind).Launch(queue.Stream, size, stack.View, input, places, biases, outputs[i], hasBias);
                continue;
            }

            if (roundedFor != (layout.Kind, layout.Blocks))
            {
                rounded = layout.Kind == MatrixKind.Quantized ? linear.Quantize(input, inputRows, layout) : linear.Round(input, inputRows, layout);
                roundedFor = (layout.Kind, layout.Blocks);
            }

            if (Spreads)
                Spread(layout).Run(stack, rounded, places, biases, outputs[i]);
            else
                Quantized(layout).Plain.Launch(queue.Stream, size, stack.View, rounded, places, biases, outputs[i], hasBias);
        }
    }

    /// <summary>Has what matrices of a layout take compiled when there is time.</summary>
    public void Expect(MatrixLayout layout)
    {
        if (!Rounds(layout))
        {
            Float(layout.Kind).Expect();
            return;
        }

        linear.ExpectRounding(layout);
        if (Spreads)
            Spread(layout).Expect();
        else
            Quantized(layout).Plain.Expect();
    }

    /// <summary>Whether the input takes the weights' form: tensor cores multiply halves by halves.</summary>
    private bool Rounds(MatrixLayout layout) => layout.Kind == MatrixKind.Quantized || (Spreads && layout.Kind is MatrixKind.Half or MatrixKind.BFloat);

    private ExpertSpreadLauncher Spread(MatrixLayout layout)
    {
        if (layout.Kind == MatrixKind.Quantized)
            return Quantized(layout).Spread;
        if (!_halves.TryGetValue(layout.Kind, out ExpertSpreadLauncher? launcher))
        {
            _halves.Add(layout.Kind, launcher = layout.Kind == MatrixKind.Half
                ? ExpertSpreadLauncher.Create<HalfWarpProduct<HalfProduct>>(queue)
                : ExpertSpreadLauncher.Create<HalfWarpProduct<BFloatProduct>>(queue));
        }

        return launcher;
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

    private (Kernel<QuantizedLaunch> Plain, ExpertSpreadLauncher Spread) Quantized(MatrixLayout layout)
    {
        if (!_quantized.TryGetValue(layout.Form, out (Kernel<QuantizedLaunch> Plain, ExpertSpreadLauncher Spread) kernels))
            _quantized.Add(layout.Form, kernels = layout.Form.Accept(this));
        return kernels;
    }

    private Kernel<FloatLaunch> Float<TFloats>()
        where TFloats : struct, IFloats =>
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<float>, ExpertPlaces, ArrayView<float>, ArrayView<float>, int>(ExpertFloatKernel<TFloats>.Run));

    (Kernel<QuantizedLaunch> Plain, ExpertSpreadLauncher Spread) IQuantizedVisitor<(Kernel<QuantizedLaunch> Plain, ExpertSpreadLauncher Spread)>.Visit<TCodes, TScales>() => (
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, InputView, ExpertPlaces, ArrayView<float>, ArrayView<float>, int>(ExpertQuantizedKernel<TCodes, TScales>.Run)),
        ExpertSpreadLauncher.Create<QuantizedWarpProduct<TCodes, TScales>>(queue));
}
