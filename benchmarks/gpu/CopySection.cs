using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.GpuBenchmark;

/// <summary>The bandwidth of a copy within the card's memory, read and written bytes together: what memory-bound kernels are measured by.</summary>
internal static class CopySection
{
    private const int Copies = 20;

    /// <summary>Measures on an accelerator of its own, since ILGPU has one in use at a time.</summary>
    /// <returns>Bytes a second.</returns>
    public static double Measure(Settings settings)
    {
        AcceleratorContext context = SharedContext.Acquire();
        try
        {
            return Measure(context, settings);
        }
        finally
        {
            SharedContext.Release();
        }
    }

    private static double Measure(AcceleratorContext context, Settings settings)
    {
        var list = new AcceleratorList(context);
        using var queue = new ComputeQueue(context, settings.Accelerator is { } name ? list.Find(name) : list.Best());
        long length = settings.Toy ? 1 << 20 : 1L << 31;
        using MemoryBuffer1D<byte, Stride1D.Dense> source = queue.Accelerator.Allocate1D<byte>(length);
        using MemoryBuffer1D<byte, Stride1D.Dense> destination = queue.Accelerator.Allocate1D<byte>(length);
        source.MemSetToZero(queue.Stream);
        double best = double.MaxValue;
        for (int round = 0; round < 6; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < (settings.Toy ? 1 : Copies); i++)
                destination.View.CopyFrom(queue.Stream, source.View);
            queue.Stream.Synchronize();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / (settings.Toy ? 1 : Copies));
        }

        return 2 * length / best;
    }
}
