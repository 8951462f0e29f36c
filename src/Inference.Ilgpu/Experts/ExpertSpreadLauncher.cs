using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Experts;

using WarpLaunch = Action<AcceleratorStream, KernelConfig, MatrixView, InputView, ExpertPlaces, ArrayView<float>, ArrayView<float>, int, int>;

/// <summary>Launches <see cref="ExpertSpreadKernel{TProduct}"/> for one kind of matrix.</summary>
internal sealed class ExpertSpreadLauncher
{
    private readonly ComputeQueue _queue;
    private readonly Kernel<WarpLaunch> _kernel;

    private ExpertSpreadLauncher(ComputeQueue queue, Kernel<WarpLaunch> kernel) => (_queue, _kernel) = (queue, kernel);

    public static ExpertSpreadLauncher Create<TProduct>(ComputeQueue queue)
        where TProduct : struct, IWarpProduct
    {
        KernelSpecialization groups = new(SpreadLauncher.MostWarps * AcceleratorContext.WarpSize, null);
        return new(queue, new(queue, accelerator => accelerator.LoadKernel<MatrixView, InputView, ExpertPlaces, ArrayView<float>, ArrayView<float>, int, int>(ExpertSpreadKernel<TProduct>.Run, groups)));
    }

    /// <summary>Has it compiled when there is time.</summary>
    public void Expect() => _kernel.Expect();

    /// <summary>Multiplies.</summary>
    /// <param name="stack">The experts.</param>
    /// <param name="input">The rows, rounded as the matrix has it.</param>
    /// <param name="places">Who computes what.</param>
    /// <param name="biases">The stack's; anything where it has none.</param>
    /// <param name="output">[places, rows of an expert].</param>
    public void Run(ExpertStack stack, InputView input, ExpertPlaces places, ArrayView<float> biases, ArrayView<float> output)
    {
        int tiles = stack.PaddedRows / MatrixLayout.TileRows;
        int chunks = (stack.Columns + MatrixLayout.ChunkColumns - 1) / MatrixLayout.ChunkColumns;
        // Where a matrix has few chunks, several tiles keep a group's warps busy.
        int groupTiles = Math.Max(1, SpreadLauncher.MostWarps / chunks);
        KernelConfig config = new(
            new Index3D((int)(places.Slots.Length / 2), (tiles + groupTiles - 1) / groupTiles, 1),
            new Index3D(Math.Min(SpreadLauncher.MostWarps, groupTiles * chunks) * AcceleratorContext.WarpSize, 1, 1));
        _kernel.Launch(_queue.Stream, config, stack.View, input, places, biases, output, stack.Biases is null ? 0 : 1, groupTiles);
    }
}
