using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using PlainLaunch = Action<AcceleratorStream, Index1D, MatrixView, ArrayView<float>, ArrayView<float>, ArrayView<float>, int>;
using TileLaunch = Action<AcceleratorStream, KernelConfig, MatrixView, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>;

/// <summary>Launches the product of one kind of matrix of numbers with rows of floats, without tensor cores. A kernel is compiled when it is first needed.</summary>
internal sealed class FloatProduct
{
    private readonly ComputeQueue _queue;
    private readonly Kernel<PlainLaunch> _plain;
    private readonly Kernel<TileLaunch> _tile;

    private FloatProduct(ComputeQueue queue, Kernel<PlainLaunch> plain, Kernel<TileLaunch> tile) => (_queue, _plain, _tile) = (queue, plain, tile);

    public static FloatProduct Create<TFloats>(ComputeQueue queue)
        where TFloats : struct, IFloats =>
        new(
            queue,
            new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, ArrayView<float>, ArrayView<float>, ArrayView<float>, int>(PlainFloatKernel<TFloats>.Run)),
            new(queue, accelerator => accelerator.LoadKernel<MatrixView, ArrayView<float>, ArrayView<float>, ArrayView<float>, int, int>(SharedFloatKernel<TFloats>.Run, new KernelSpecialization(SquareResults.GroupSize, null))));

    /// <summary>What a number of rows takes: of the tile kernel's 64 a quarter at least should be there. Both compute the same bits.</summary>
    public static ProductPath Choose(ComputeQueue queue, int rows) => rows > SquareResults.GroupRows / 4 && queue.HasGroups(SquareResults.GroupSize) ? ProductPath.Shared : ProductPath.Plain;

    /// <summary>Has what <see cref="Choose"/> may choose compiled when there is time.</summary>
    public void Expect()
    {
        _plain.Expect();
        if (_queue.HasGroups(SquareResults.GroupSize))
            _tile.Expect();
    }

    /// <summary>Multiplies.</summary>
    /// <param name="path">With which kernel.</param>
    /// <param name="job">The matrix and where results go.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="bias">The job's; anything where it has none.</param>
    /// <param name="rows">How many.</param>
    public void Run(ProductPath path, LinearJob job, ArrayView<float> input, ArrayView<float> bias, int rows)
    {
        MatrixLayout layout = job.Matrix.Layout;
        int hasBias = job.Bias is null ? 0 : 1;
        if (path != ProductPath.Shared)
        {
            _plain.Launch(_queue.Stream, rows * layout.Tiles * MatrixLayout.TileRows, job.Matrix.View, input, bias, job.Output, hasBias);
            return;
        }

        const int GroupRows = SquareResults.GroupRows;
        KernelConfig config = new(new Index3D((layout.Rows + GroupRows - 1) / GroupRows, (rows + GroupRows - 1) / GroupRows, 1), new Index3D(SquareResults.GroupSize, 1, 1));
        _tile.Launch(_queue.Stream, config, job.Matrix.View, input, bias, job.Output, hasBias, rows);
    }
}
