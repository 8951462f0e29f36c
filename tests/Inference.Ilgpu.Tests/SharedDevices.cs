using Inference.Execution;

namespace Inference.Ilgpu.Tests;

/// <summary>A device of each kind for all tests of <see cref="Emulation"/>, so that each kernel is compiled once.</summary>
public sealed class SharedDevices : IDisposable
{
    private readonly Dictionary<string, Device> _devices = [];

    /// <summary>One that selects logits as a card does, but for the emulation, which takes long over it. The test is skipped where the machine has none.</summary>
    public Device Get(string kind)
    {
        Assert.SkipUnless(IlgpuDevice.List().Any(found => found.Kind.ToString() == kind), $"needs an accelerator of kind {kind}");
        if (!_devices.TryGetValue(kind, out Device? device))
            _devices.Add(kind, device = IlgpuDevice.Create(new IlgpuOptions { Accelerators = [kind], SelectsTop = kind != nameof(AcceleratorKind.Cpu) }));
        return device;
    }

    public void Dispose()
    {
        foreach (Device device in _devices.Values)
            device.Dispose();
    }
}
