using Inference.Cpu;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;

namespace Inference.GpuBenchmark;

/// <summary>Makes the device that is measured.</summary>
internal static class Devices
{
    private const string Host = "host";

    public static bool IsHost(Settings settings) => settings.Accelerator == Host;

    public static Device Create(Settings settings) => IsHost(settings)
        ? new CpuDevice(ThreadTeam.DefaultThreads)
        : throw new NotSupportedException("later");

    public static void List()
    {
        using var context = new AcceleratorContext();
        foreach (ILGPU.Runtime.Device device in context.Devices)
            Console.WriteLine($"{AcceleratorContext.Kind(device.AcceleratorType),-7} {device.MemorySize >> 20,8} MiB  {device.Name}");
    }
}
