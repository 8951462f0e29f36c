using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using PlainLaunch = Action<AcceleratorStream, Index1D, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int>;
using WarpLaunch = Action<AcceleratorStream, KernelConfig, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int, int>;

/// <summary>Launches the product of one kind of quantised matrix with rows. A kernel is compiled when it is first needed.</summary>
internal sealed class QuantizedProduct
{
    private readonly ComputeQueue _queue;
    private readonly Kernel<PlainLaunch> _plain;
    private readonly SpreadLauncher _spread;
    private readonly Kernel<WarpLaunch> _tile;

    private QuantizedProduct(ComputeQueue queue, Kernel<PlainLaunch> plain, SpreadLauncher spread, Kernel<WarpLaunch> tile) =>
        (_queue, _plain, _spread, _tile) = (queue, plain, spread, tile);

    public static QuantizedProduct Create<TCodes, TScales>(ComputeQueue queue)
        where TCodes : struct, ICodes
        where TScales : struct, IScales =>
        new(
            queue,
            new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int>(PlainQuantizedKernel<TCodes, TScales>.Run)),
            SpreadLauncher.Create<QuantizedWarpProduct<TCodes, TScales>>(queue),
            SpreadLauncher.Load(queue, TileQuantizedKernel<TCodes, TScales>.Run));

    /// <summary>What a number of rows takes.</summary>
    /// <remarks>
    /// Up to 32 rows reading the weights is what takes the time. Beyond, each 32 rows read them again, from the cache of the second level at
    /// best, where a group of the tile kernel reads them once for 64 rows; but that has a group for 128 x 64 results only, which must be
    /// enough for the whole card.
    /// </remarks>
    public ProductPath Choose(MatrixLayout layout, int rows)
    {
        if (!_queue.UsesTensorCores)
            return ProductPath.Plain;
        if (rows <= 8)
            return ProductPath.Narrow;
        long groups = (layout.Tiles + 7L) / 8 * ((rows + InputScratch.RowMultiple - 1) / InputScratch.RowMultiple);
        return rows > 32 && groups >= _queue.Accelerator.NumMultiprocessors ? ProductPath.Tile : ProductPath.Wide;
    }

    /// <summary>Has what <see cref="Choose"/> may choose compiled when there is time.</summary>
    public void Expect()
    {
        if (!_queue.UsesTensorCores)
        {
            _plain.Expect();
            return;
        }

        _spread.Expect();
        _tile.Expect();
    }

    /// <summary>Multiplies.</summary>
    /// <param name="path">With which kernel.</param>
    /// <param name="job">The matrix and where results go.</param>
    /// <param name="input">The rows.</param>
    /// <param name="bias">The job's; anything where it has none.</param>
    /// <param name="rows">How many.</param>
    public void Run(ProductPath path, LinearJob job, InputView input, ArrayView<float> bias, int rows)
    {
        MatrixLayout layout = job.Matrix.Layout;
        int hasBias = job.Bias is null ? 0 : 1;
        switch (path)
        {
            case ProductPath.Plain:
                _plain.Launch(_queue.Stream, rows * layout.Tiles * MatrixLayout.TileRows, job.Matrix.View, input, bias, job.Output, hasBias);
                break;
            case ProductPath.Tile:
                // The emulation pays for each warp.
                (int tileWarps, int rowWarps) = _queue.Kind == AcceleratorKind.Cpu ? (1, 1) : (4, 2);
                (int groupTiles, int groupRows) = (tileWarps * TileQuantizedKernel<Codes8, HalfScales>.WarpTiles, rowWarps * TileQuantizedKernel<Codes8, HalfScales>.WarpRows);
                KernelConfig config = new(
                    new Index3D((layout.Tiles + groupTiles - 1) / groupTiles, (rows + groupRows - 1) / groupRows, 1),
                    new Index3D(tileWarps * rowWarps * AcceleratorContext.WarpSize, 1, 1));
                _tile.Launch(_queue.Stream, config, job.Matrix.View, input, bias, job.Output, hasBias, rows, tileWarps);
                break;
            default:
                _spread.Run(path, job, input, bias, rows);
                break;
        }
    }
}
