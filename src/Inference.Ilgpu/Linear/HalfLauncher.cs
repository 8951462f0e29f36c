using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

using RoundLaunch = Action<AcceleratorStream, KernelConfig, ArrayView<float>, InputView, int, int>;

/// <summary>Launches products of matrices of 16-bit floats on tensor cores. A kernel is compiled when it is first needed.</summary>
internal sealed class HalfLauncher
{
    private readonly ComputeQueue _queue;
    private readonly Kernel<RoundLaunch> _round;
    private readonly SpreadLauncher _spread;

    private HalfLauncher(ComputeQueue queue, Kernel<RoundLaunch> round, SpreadLauncher spread) => (_queue, _round, _spread) = (queue, round, spread);

    public static HalfLauncher Create<TProduct>(ComputeQueue queue)
        where TProduct : struct, IHalfProduct =>
        new(queue, new(queue, accelerator => accelerator.LoadKernel<ArrayView<float>, InputView, int, int>(RoundKernel<TProduct>.Run)), SpreadLauncher.Create<HalfWarpProduct<TProduct>>(queue));

    /// <summary>Has all of them compiled when there is time.</summary>
    public void Expect()
    {
        _round.Expect();
        _spread.Expect();
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
    public void Run(ProductPath path, LinearJob job, InputView rounded, ArrayView<float> bias, int rows) => _spread.Run(path, job, rounded, bias, rows);
}
