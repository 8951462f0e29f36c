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
        return Single(options.Accelerators.Count == 0 ? null : options.Accelerators[0], options);
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
