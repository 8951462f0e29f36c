using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using WarpLaunch = Action<AcceleratorStream, KernelConfig, MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int, int>;

/// <summary>Launches <see cref="SpreadKernel{TProduct}"/> for one kind of matrix.</summary>
internal sealed class SpreadLauncher
{
    /// <summary>Of a group, here and elsewhere.</summary>
    public const int MostWarps = 8;

    private readonly ComputeQueue _queue;
    private readonly Kernel<WarpLaunch> _narrow;
    private readonly Kernel<WarpLaunch> _wide;

    private SpreadLauncher(ComputeQueue queue, Kernel<WarpLaunch> narrow, Kernel<WarpLaunch> wide) => (_queue, _narrow, _wide) = (queue, narrow, wide);

    public static SpreadLauncher Create<TProduct>(ComputeQueue queue)
        where TProduct : struct, IWarpProduct =>
        new(queue, Load(queue, SpreadKernel<TProduct>.Narrow), Load(queue, SpreadKernel<TProduct>.Wide));

    /// <summary>A kernel for groups of at most <see cref="MostWarps"/>.</summary>
    public static Kernel<WarpLaunch> Load(ComputeQueue queue, Action<MatrixView, InputView, ArrayView<float>, ArrayView<float>, int, int, int> kernel) =>
        new(queue, accelerator => accelerator.LoadKernel(kernel, new KernelSpecialization(MostWarps * AcceleratorContext.WarpSize, null)));

    /// <summary>Has both compiled when there is time.</summary>
    public void Expect()
    {
        _narrow.Expect();
        _wide.Expect();
    }

    /// <summary>Multiplies, eight rows at a time (<see cref="ProductPath.Narrow"/>) or 32.</summary>
    public void Run(ProductPath path, LinearJob job, InputView input, ArrayView<float> bias, int rows)
    {
        MatrixLayout layout = job.Matrix.Layout;
        int chunks = (layout.Columns + MatrixLayout.ChunkColumns - 1) / MatrixLayout.ChunkColumns;
        // Where a matrix has few chunks, several tiles keep a group's warps busy.
        int groupTiles = path == ProductPath.Narrow ? Math.Max(1, MostWarps / chunks) : 1;
        int groupRows = path == ProductPath.Narrow ? 8 : 32;
        WarpLaunch kernel = (path == ProductPath.Narrow ? _narrow : _wide).Launch;
        KernelConfig config = new(
            new Index3D((layout.Tiles + groupTiles - 1) / groupTiles, (rows + groupRows - 1) / groupRows, 1),
            new Index3D(Math.Min(MostWarps, groupTiles * chunks) * AcceleratorContext.WarpSize, 1, 1));
        kernel(_queue.Stream, config, job.Matrix.View, input, bias, job.Output, job.Bias is null ? 0 : 1, rows, groupTiles);
    }
}
