using Inference.Cpu;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;
using Device = Inference.Execution.Device;

namespace Inference.Ilgpu;

public sealed partial class IlgpuDevice
{
    /// <summary>A device for <see cref="EngineOptions.Device"/>; the engine disposes it.</summary>
    /// <param name="options">What to use; null for the best card.</param>
    /// <exception cref="AcceleratorNotFoundException">There is none, or not the one that was named.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public static Device Create(IlgpuOptions? options = null)
    {
        options ??= new IlgpuOptions();
        options.Validate();
        List<DevicePart> parts = [];
        try
        {
            if (options.Accelerators.Count == 0)
                parts.Add(new DevicePart(Single(null, options), null));
            foreach (string wanted in options.Accelerators)
                parts.Add(new DevicePart(Single(wanted, options), null));
            if (parts.Count == 1 && options.GpuLayers is null && parts[0].Device.FreeBytes is null)
                return parts[0].Device;
            Share(parts, options.GpuLayers);
            // What the accelerators have no room for.
            parts.Add(new DevicePart(new CpuDevice(options.Threads ?? ThreadTeam.DefaultThreads), null));
            return new SplitDevice(parts);
        }
        catch
        {
            foreach (DevicePart part in parts)
                part.Device.Dispose();
            throw;
        }
    }

    /// <summary>A wanted number of layers is dealt out evenly, the first accelerators getting one more where it does not come out.</summary>
    private static void Share(List<DevicePart> parts, int? layers)
    {
        for (int i = 0; layers is { } all && i < parts.Count; i++)
            parts[i] = parts[i] with { Layers = (all / parts.Count) + (i < all % parts.Count ? 1 : 0) };
    }

    /// <param name="wanted">A name or a kind; null for the best.</param>
    /// <param name="options">The rest.</param>
    private static IlgpuDevice Single(string? wanted, IlgpuOptions options)
    {
        AcceleratorContext context = SharedContext.Acquire();
        try
        {
            AcceleratorList list = new(context);
            global::ILGPU.Runtime.Device device = wanted is null ? list.Best() : list.Find(wanted);
            return new IlgpuDevice(context, device, device.Name, options);
        }
        catch
        {
            SharedContext.Release();
            throw;
        }
    }
}
