using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using EmbedLaunch = Action<AcceleratorStream, Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>;

/// <summary>Launches what works on matrices. A kernel is compiled when it is first needed.</summary>
internal sealed class LinearKernels(ComputeQueue queue) : IDisposable
{
    private readonly QuantizedKernels _quantized = new(queue);
    private readonly Dictionary<MatrixKind, FloatProduct> _floats = [];
    private readonly Dictionary<MatrixKind, Kernel<EmbedLaunch>> _embedFloats = [];
    private readonly Kernel<Action<AcceleratorStream, Index1D, ArrayView<float>, InputView, int, int>> _quantize =
        new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, InputView, int, int>(QuantizeKernel.Run));
    private readonly Dictionary<MatrixKind, HalfLauncher> _halves = [];
    private readonly InputScratch _scratch = new(queue);
    private readonly InputScratch _halfScratch = new(queue);

    /// <summary>Changes when memory that launches name has moved.</summary>
    public int Version => _scratch.Version + _halfScratch.Version;

    /// <summary>The kernel; null to choose by the number of rows.</summary>
    public ProductPath? Path { get; init; }

    /// <summary>Has what a matrix in linear layers takes compiled when there is time.</summary>
    public void Expect(MatrixLayout layout)
    {
        switch (layout.Kind)
        {
            case MatrixKind.Quantized:
                _quantize.Expect();
                _quantized.Product(layout.Form).Expect();
                break;
            case MatrixKind.Half or MatrixKind.BFloat when queue.UsesTensorCores:
                Launcher(layout.Kind).Expect();
                break;
            default:
                Float(layout.Kind).Expect();
                break;
        }
    }

    /// <summary>Has what a table takes compiled when there is time.</summary>
    public void ExpectTable(MatrixLayout layout) => Embedding(layout).Expect();

    /// <summary>Has the rounding of rows for a matrix compiled when there is time: to 8 bits, or to its 16.</summary>
    public void ExpectRounding(MatrixLayout layout)
    {
        if (layout.Kind == MatrixKind.Quantized)
            _quantize.Expect();
        else
            Launcher(layout.Kind).ExpectRounding();
    }

    /// <summary>Applies linear layers to rows.</summary>
    /// <param name="input">[rows, columns].</param>
    /// <param name="rows">Rows of the input.</param>
    /// <param name="jobs">The layers.</param>
    public void Run(ArrayView<float> input, int rows, ReadOnlySpan<LinearJob> jobs)
    {
        if (rows == 0)
            return;
        int quantizedFor = 0;
        InputView quantized = default;
        MatrixKind? roundedFor = null;
        InputView rounded = default;
        foreach (LinearJob job in jobs)
        {
            MatrixLayout layout = job.Matrix.Layout;
            ArrayView<float> bias = job.Bias ?? input;
            if (layout.Kind is MatrixKind.Half or MatrixKind.BFloat && (Path ?? HalfPath(layout, rows)) is var path and not (ProductPath.Plain or ProductPath.Shared))
            {
                HalfLauncher launcher = Launcher(layout.Kind);
                if (roundedFor != layout.Kind)
                {
                    rounded = Round(input, rows, layout);
                    roundedFor = layout.Kind;
                }

                launcher.Run(path, job, rounded, bias, rows);
                continue;
            }

            if (layout.Kind != MatrixKind.Quantized)
            {
                Float(layout.Kind).Run(Path ?? FloatProduct.Choose(queue, rows), job, input, bias, rows);
                continue;
            }

            // Layers with one input have one number of columns; the number of blocks, padding included, follows from it.
            if (quantizedFor != layout.Blocks)
            {
                quantized = Quantize(input, rows, layout);
                quantizedFor = layout.Blocks;
            }

            QuantizedProduct product = _quantized.Product(layout.Form);
            product.Run(Path ?? product.Choose(layout, rows), job, quantized, bias, rows);
        }
    }

    /// <summary>Rounds rows to 8 bits, for quantised matrices of a layout; good until the next call.</summary>
    /// <param name="input">[rows, columns of the layout].</param>
    /// <param name="rows">Rows of the input, at least 1.</param>
    /// <param name="layout">Of the matrix.</param>
    public InputView Quantize(ArrayView<float> input, int rows, MatrixLayout layout)
    {
        InputView quantized = _scratch.View(rows, layout.Blocks);
        _quantize.Launch(queue.Stream, rows * layout.Blocks, input, quantized, layout.Columns, layout.Blocks);
        return quantized;
    }

    /// <summary>Rounds rows to 16-bit floats, for matrices of such a layout on tensor cores; good until the next call.</summary>
    /// <param name="input">[rows, columns of the layout].</param>
    /// <param name="rows">Rows of the input, at least 1.</param>
    /// <param name="layout">Of the matrix.</param>
    public InputView Round(ArrayView<float> input, int rows, MatrixLayout layout)
    {
        InputView rounded = _halfScratch.View(rows, layout.Blocks);
        Launcher(layout.Kind).Round(input, rows, rounded, layout.Columns, layout.Blocks);
        return rounded;
    }

    /// <summary>Looks up rows.</summary>
    /// <param name="table">[any, columns].</param>
    /// <param name="rows">Which row each row of the output gets.</param>
    /// <param name="count">How many.</param>
    /// <param name="output">[count, columns].</param>
    /// <param name="adds">Whether to add to what is there.</param>
    public void Embed(DeviceMatrix table, ArrayView<int> rows, int count, ArrayView<float> output, bool adds)
    {
        if (count > 0)
            Embedding(table.Layout).Launch(queue.Stream, count * table.Columns, table.View, rows, output, adds ? 1 : 0);
    }

    public void Dispose()
    {
        _scratch.Dispose();
        _halfScratch.Dispose();
    }

    /// <summary>On tensor cores where there are any, which add in another order than plain code: it is all or none.</summary>
    private ProductPath HalfPath(MatrixLayout layout, int rows) => !queue.UsesTensorCores ? ProductPath.Plain : HalfLauncher.Choose(queue, layout, rows);

    private HalfLauncher Launcher(MatrixKind kind)
    {
        if (!_halves.TryGetValue(kind, out HalfLauncher? launcher))
            _halves.Add(kind, launcher = kind == MatrixKind.Half ? HalfLauncher.Create<HalfProduct>(queue) : HalfLauncher.Create<BFloatProduct>(queue));
        return launcher;
    }

    private FloatProduct Float(MatrixKind kind)
    {
        if (!_floats.TryGetValue(kind, out FloatProduct? product))
        {
            _floats.Add(kind, product = kind switch
            {
                MatrixKind.Single => FloatProduct.Create<Singles>(queue),
                MatrixKind.Half => FloatProduct.Create<Halves>(queue),
                _ => FloatProduct.Create<BFloats>(queue),
            });
        }

        return product;
    }

    private Kernel<EmbedLaunch> Embedding(MatrixLayout layout)
    {
        if (layout.Kind == MatrixKind.Quantized)
            return _quantized.Embedding(layout.Form);
        if (!_embedFloats.TryGetValue(layout.Kind, out Kernel<EmbedLaunch>? kernel))
        {
            _embedFloats.Add(layout.Kind, kernel = layout.Kind switch
            {
                MatrixKind.Single => new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>(EmbedFloatKernel<Singles>.Run)),
                MatrixKind.Half => new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>(EmbedFloatKernel<Halves>.Run)),
                _ => new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<int>, ArrayView<float>, int>(EmbedFloatKernel<BFloats>.Run)),
            });
        }

        return kernel;
    }
}
