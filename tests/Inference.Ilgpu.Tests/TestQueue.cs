using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Tests;

/// <summary>An accelerator of a kind that this machine can run without a card; the test is skipped where it lacks it.</summary>
/// <remarks>Shared by all tests of <see cref="Emulation"/>, which run one after the other, so that each kernel is compiled once.</remarks>
internal sealed class TestQueue : IDisposable
{
    private static readonly ConcurrentDictionary<int, AcceleratorContext> _contexts = [];
    private static readonly ConcurrentDictionary<(AcceleratorKind Kind, int Warps), ComputeQueue> _queues = [];

    /// <param name="kind">The kind.</param>
    /// <param name="emulatedWarps">Warps of the largest group that the test launches on the emulation; each costs 32 threads of the system at every launch.</param>
    public TestQueue(AcceleratorKind kind, int emulatedWarps = 1)
    {
        AcceleratorContext context = _contexts.GetOrAdd(emulatedWarps, warps => new AcceleratorContext(warps));
        global::ILGPU.Runtime.Device? device = context.Devices.FirstOrDefault(device => AcceleratorContext.Kind(device.AcceleratorType) == kind);
        Assert.SkipWhen(device is null, $"needs an accelerator of kind {kind}");
        Queue = _queues.GetOrAdd((kind, emulatedWarps), _ => new ComputeQueue(context, device!));
    }

    public ComputeQueue Queue { get; }

    public MemoryBuffer1D<float, Stride1D.Dense> Put(float[] values)
    {
        MemoryBuffer1D<float, Stride1D.Dense> buffer = Queue.Accelerator.Allocate1D<float>(values.Length);
        buffer.View.CopyFromCPU(Queue.Stream, values);
        Queue.Stream.Synchronize();
        return buffer;
    }

    public float[] Get(MemoryBuffer1D<float, Stride1D.Dense> buffer)
    {
        Queue.Stream.Synchronize();
        return buffer.GetAsArray1D();
    }

    public void Dispose() => Queue.Stream.Synchronize();
}
