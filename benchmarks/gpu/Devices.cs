using Inference.Cpu;
using Inference.Execution;
using Inference.Ilgpu;

namespace Inference.GpuBenchmark;

/// <summary>Makes the device that is measured.</summary>
internal static class Devices
{
    private const string Host = "host";

    public static bool IsHost(Settings settings) => settings.Accelerator == Host;

    /// <param name="settings">Which.</param>
    /// <param name="useGraphs">Whether decode steps may be repeated as graphs.</param>
    public static Device Create(Settings settings, bool useGraphs = true) => IsHost(settings)
        ? new CpuDevice(ThreadTeam.DefaultThreads)
        : IlgpuDevice.Create(new() { Accelerators = settings.Accelerator is { } name ? [name] : [], UseGraphs = useGraphs, SelectsTop = settings.Toy ? true : null });

    /// <summary>Kernels that a device has compiled so far, and the time that it took. The library's CPU device has none.</summary>
    public static (int Kernels, TimeSpan Time) Compiled(Device device)
    {
        IlgpuDevice[] cards = [.. (device is SplitDevice split ? split.Parts : [device]).OfType<IlgpuDevice>()];
        return (cards.Sum(card => card.KernelCount), cards.Aggregate(TimeSpan.Zero, (sum, card) => sum + card.CompileTime));
    }

    public static void List()
    {
        foreach (AcceleratorDescription found in IlgpuDevice.List())
            Console.WriteLine($"{found.Kind,-6} {found.MemoryBytes >> 20,16} MiB  {found.Name}");
    }
}
