using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using PlainLaunch = Action<AcceleratorStream, Index1D, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int>;
using SharedLaunch = Action<AcceleratorStream, KernelConfig, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int>;
using WarpLaunch = Action<AcceleratorStream, KernelConfig, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int, int>;

/// <summary>Launches the product of one kind of quantised matrix with rows. A kernel is compiled when it is first needed.</summary>
internal sealed class QuantizedProduct
{
    private const int WarpTiles = TileQuantizedKernel<Codes8, HalfScales, Rows32>.WarpTiles;

    /// <summary>Tiles of weight rows that a group of a tile kernel has.</summary>
    private const int GroupTiles = QuantizedStage<Codes8, HalfScales>.MostTiles;

    private const int GroupRowWarps = 2;
    private const int SharedRows = SquareResults.GroupRows;
    private const int SharedThreads = SquareResults.GroupSize;

    private readonly ComputeQueue _queue;
    private readonly Kernel<PlainLaunch> _plain;
    private readonly Kernel<SharedLaunch> _shared;
    private readonly SpreadLauncher _spread;
    private readonly Kernel<WarpLaunch> _tile;
    private readonly Kernel<WarpLaunch> _largeTile;

    private QuantizedProduct(ComputeQueue queue, Kernel<PlainLaunch> plain, Kernel<SharedLaunch> shared, SpreadLauncher spread, Kernel<WarpLaunch> tile, Kernel<WarpLaunch> largeTile) =>
        (_queue, _plain, _shared, _spread, _tile, _largeTile) = (queue, plain, shared, spread, tile, largeTile);

    public static QuantizedProduct Create<TCodes, TScales>(ComputeQueue queue)
        where TCodes : struct, ICodes
        where TScales : struct, IScales =>
        new(
            queue,
            new(queue, accelerator => accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int>(PlainQuantizedKernel<TCodes, TScales>.Run)),
            new(queue, accelerator => accelerator.LoadKernel<MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int>(SharedQuantizedKernel<TCodes, TScales>.Run, new KernelSpecialization(SquareResults.GroupSize, null))),
            SpreadLauncher.Create<QuantizedWarpProduct<TCodes, TScales>>(queue),
            SpreadLauncher.Load(queue, TileQuantizedKernel<TCodes, TScales, Rows32>.Run),
            SpreadLauncher.Load(queue, TileQuantizedKernel<TCodes, TScales, Rows64>.Run));

    /// <summary>What a number of rows takes.</summary>
    /// <remarks>
    /// Up to 32 rows reading the weights is what takes the time. Beyond, each 32 rows read them again, from the cache of the second level at
    /// best, where a group of a tile kernel reads them once for 64 or 128 rows; but that has a group for 128 weight rows only, which must be
    /// enough for the whole card.
    /// </remarks>
    public ProductPath Choose(MatrixLayout layout, int rows)
    {
        if (!_queue.UsesTensorCores)
            return rows > SharedRows / 4 && _queue.HasGroups(SharedThreads) ? ProductPath.Shared : ProductPath.Plain;
        if (rows <= 8)
            return ProductPath.Narrow;
        int wanted = _queue.Accelerator.NumMultiprocessors;
        return rows <= 32 || Groups(64) < wanted ? ProductPath.Wide : Groups(128) < wanted ? ProductPath.Tile : ProductPath.LargeTile;

        long Groups(int groupRows) => (layout.Tiles + GroupTiles - 1L) / GroupTiles * ((rows + groupRows - 1) / groupRows);
    }

    /// <summary>Has what <see cref="Choose"/> may choose compiled when there is time.</summary>
    public void Expect()
    {
        if (!_queue.UsesTensorCores)
        {
            _plain.Expect();
            if (_queue.HasGroups(SharedThreads))
                _shared.Expect();
            return;
        }

        _spread.Expect();
        _tile.Expect();
        _largeTile.Expect();
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
            case ProductPath.Shared:
                KernelConfig config = new(new Index3D((layout.Rows + SharedRows - 1) / SharedRows, (rows + SharedRows - 1) / SharedRows, 1), new Index3D(SharedThreads, 1, 1));
                _shared.Launch(_queue.Stream, config, job.Matrix.View, input, bias, job.Output, hasBias, rows);
                break;
            case ProductPath.Tile:
                RunTiles(_tile, default(Rows32).Rows, job, input, bias, rows);
                break;
            case ProductPath.LargeTile:
                RunTiles(_largeTile, default(Rows64).Rows, job, input, bias, rows);
                break;
            default:
                _spread.Run(path, job, input, bias, rows);
                break;
        }
    }

    private void RunTiles(Kernel<WarpLaunch> kernel, int warpRows, LinearJob job, InputView input, ArrayView<float> bias, int rows)
    {
        // The emulation pays for each warp.
        (int tileWarps, int rowWarps) = _queue.Kind == AcceleratorKind.Cpu ? (1, 1) : (GroupTiles / WarpTiles, GroupRowWarps);
        int groupRows = rowWarps * warpRows;
        KernelConfig config = new(
            new Index3D((job.Matrix.Layout.Tiles + (tileWarps * WarpTiles) - 1) / (tileWarps * WarpTiles), (rows + groupRows - 1) / groupRows, 1),
            new Index3D(tileWarps * rowWarps * AcceleratorContext.WarpSize, 1, 1));
        kernel.Launch(_queue.Stream, config, job.Matrix.View, input, bias, job.Output, job.Bias is null ? 0 : 1, rows, tileWarps);
    }
}
