using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using WarpLaunch = Action<AcceleratorStream, KernelConfig, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int, int>;
using RoundLaunch = Action<AcceleratorStream, KernelConfig, ArrayView<float>, InputView, int, int>;

/// <summary>Launches products of matrices of 16-bit floats on tensor cores. A kernel is compiled when it is first needed.</summary>
internal sealed class HalfLauncher
{
    private readonly ComputeQueue _queue;
    private readonly Kernel<RoundLaunch> _round;
    private readonly SpreadLauncher _spread;
    private readonly Kernel<WarpLaunch> _tile;

    private HalfLauncher(ComputeQueue queue, Kernel<RoundLaunch> round, SpreadLauncher spread, Kernel<WarpLaunch> tile) => (_queue, _round, _spread, _tile) = (queue, round, spread, tile);

    public static HalfLauncher Create<TProduct>(ComputeQueue queue)
        where TProduct : struct, IHalfProduct =>
        new(
            queue,
            new(queue, accelerator => accelerator.LoadKernel<ArrayView<float>, InputView, int, int>(RoundKernel<TProduct>.Run)),
            SpreadLauncher.Create<HalfWarpProduct<TProduct>>(queue),
            SpreadLauncher.Load(queue, TileHalfKernel<TProduct>.Run));

    /// <summary>What a number of rows takes.</summary>
    /// <remarks>
    /// A group of the tile kernel takes its time however many of its rows there are, and has a multiprocessor to itself. But for the same products the other
    /// kernel reads several times as much: half of the card with this one is worth the whole of it with that.
    /// </remarks>
    public static ProductPath Choose(ComputeQueue queue, MatrixLayout layout, int rows)
    {
        if (rows <= 8)
            return ProductPath.Narrow;
        return rows > 32 && Groups(layout, rows) * 2 >= queue.Accelerator.NumMultiprocessors ? ProductPath.Tile : ProductPath.Wide;
    }

    /// <summary>Has all of them compiled when there is time.</summary>
    public void Expect()
    {
        _round.Expect();
        _spread.Expect();
        _tile.Expect();
    }

    /// <summary>Has the rounding compiled when there is time.</summary>
    public void ExpectRounding() => _round.Expect();

    /// <summary>Rounds rows to the type.</summary>
    public void Round(ArrayView<float> input, int rows, InputView rounded, int columns, int blocks) =>
        _round.Launch(_queue.Stream, new KernelConfig(rows, _queue.Kind == AcceleratorKind.Cpu ? AcceleratorContext.WarpSize : RoundKernel<HalfProduct>.GroupSize), input, rounded, columns, blocks);

    /// <summary>Multiplies.</summary>
    /// <param name="path">With which kernel.</param>
    /// <param name="job">The matrix and where results go.</param>
    /// <param name="rounded">The rows.</param>
    /// <param name="bias">The job's; anything where it has none.</param>
    /// <param name="rows">How many.</param>
    public void Run(ProductPath path, LinearJob job, InputView rounded, ArrayView<float> bias, int rows)
    {
        if (path != ProductPath.Tile)
        {
            _spread.Run(path, job, rounded, bias, rows);
            return;
        }

        MatrixLayout layout = job.Matrix.Layout;
        KernelConfig config = new(checked((int)Groups(layout, rows)), TileHalfKernel<HalfProduct>.GroupSize);
        _tile.Launch(_queue.Stream, config, job.Matrix.View, rounded, bias, job.Output, job.Bias is null ? 0 : 1, rows, TileGroups(layout));
    }

    private static long Groups(MatrixLayout layout, int rows) => (long)TileGroups(layout) * ((rows + TileHalfKernel<HalfProduct>.GroupRows - 1) / TileHalfKernel<HalfProduct>.GroupRows);

    private static int TileGroups(MatrixLayout layout) => (layout.Tiles + TileHalfKernel<HalfProduct>.GroupTiles - 1) / TileHalfKernel<HalfProduct>.GroupTiles;
}
