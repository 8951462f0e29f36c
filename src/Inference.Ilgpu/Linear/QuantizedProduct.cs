using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using PlainKernel = Action<AcceleratorStream, Index1D, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int>;
using WarpKernel = Action<AcceleratorStream, KernelConfig, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int, int>;

/// <summary>Launches the product of one kind of quantised matrix with rows. A kernel is compiled when it is first needed.</summary>
internal sealed class QuantizedProduct
{
    private const int MostWarps = 8;

    private readonly ComputeQueue _queue;
    private readonly Lazy<PlainKernel> _plain;
    private readonly Lazy<WarpKernel> _narrow;
    private readonly Lazy<WarpKernel> _wide;
    private readonly Lazy<WarpKernel> _tile;

    private QuantizedProduct(ComputeQueue queue, Func<PlainKernel> plain, Func<WarpKernel> narrow, Func<WarpKernel> wide, Func<WarpKernel> tile)
    {
        _queue = queue;
        (_plain, _narrow, _wide, _tile) = (new(plain), new(narrow), new(wide), new(tile));
    }

    public static QuantizedProduct Create<TCodes, TScales>(ComputeQueue queue)
        where TCodes : struct, ICodes
        where TScales : struct, IScales =>
        new(
            queue,
            () => queue.Accelerator.LoadAutoGroupedKernel<Index1D, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int>(PlainQuantizedKernel<TCodes, TScales>.Run),
            () => Load(queue, SpreadQuantizedKernel<TCodes, TScales>.Narrow),
            () => Load(queue, SpreadQuantizedKernel<TCodes, TScales>.Wide),
            () => Load(queue, TileQuantizedKernel<TCodes, TScales>.Run));

    /// <summary>What a number of rows takes.</summary>
    /// <remarks>
    /// Up to 32 rows reading the weights is what takes the time. Beyond, each 32 rows read them again, from the cache of the second level at
    /// best, where a group of the tile kernel reads them once for 64 rows; but that has a group for 128 x 64 results only, which must be
    /// enough for the whole card.
    /// </remarks>
    public ProductPath Choose(MatrixLayout layout, int rows)
    {
        // The emulation can do what tensor cores do, only slower than plain code.
        if (!_queue.HasWarps || _queue.Kind == AcceleratorKind.Cpu)
            return ProductPath.Plain;
        if (rows <= 8)
            return ProductPath.Narrow;
        long groups = (layout.Tiles + 7L) / 8 * ((rows + InputScratch.RowMultiple - 1) / InputScratch.RowMultiple);
        return rows > 32 && groups >= _queue.Accelerator.NumMultiprocessors ? ProductPath.Tile : ProductPath.Wide;
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
        MatrixView matrix = job.Matrix.View;
        int hasBias = job.Bias is null ? 0 : 1;
        int chunks = (layout.Columns + MatrixLayout.ChunkColumns - 1) / MatrixLayout.ChunkColumns;
        switch (path)
        {
            case ProductPath.Plain:
                _plain.Value(_queue.Stream, rows * layout.Tiles * MatrixLayout.TileRows, matrix, input, bias, job.Output, hasBias);
                break;
            case ProductPath.Narrow:
                // Where a matrix has few chunks, several tiles keep a group's warps busy.
                int groupTiles = Math.Max(1, MostWarps / chunks);
                Launch(_narrow.Value, (layout.Tiles + groupTiles - 1) / groupTiles, (rows + 7) / 8, Math.Min(MostWarps, groupTiles * chunks), groupTiles);
                break;
            case ProductPath.Wide:
                Launch(_wide.Value, layout.Tiles, (rows + 31) / 32, Math.Min(MostWarps, chunks), 1);
                break;
            default:
                // In groups of 4 x 2 warps; the emulation pays for each.
                (int tileWarps, int rowWarps) = _queue.Kind == AcceleratorKind.Cpu ? (1, 1) : (4, 2);
                (int tilesThere, int groupRows) = (tileWarps * 2, rowWarps * 32);
                Launch(_tile.Value, (layout.Tiles + tilesThere - 1) / tilesThere, (rows + groupRows - 1) / groupRows, tileWarps * rowWarps, tileWarps);
                break;
        }

        void Launch(WarpKernel kernel, int x, int y, int warps, int last) =>
            kernel(_queue.Stream, new KernelConfig(new Index3D(x, y, 1), new Index3D(warps * AcceleratorContext.WarpSize, 1, 1)), matrix, input, bias, job.Output, hasBias, rows, last);
    }

    private static WarpKernel Load(ComputeQueue queue, Action<MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int, int> kernel) =>
        queue.Accelerator.LoadKernel(kernel, new KernelSpecialization(MostWarps * AcceleratorContext.WarpSize, null));
}
