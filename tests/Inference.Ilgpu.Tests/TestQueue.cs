using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Tests;

/// <summary>An accelerator of a kind that this machine can run without a card; the test is skipped where it lacks it.</summary>
/// <remarks>Shared by all tests of <see cref="EmulationCollection"/>, which run one after the other, so that each kernel is compiled once.</remarks>
internal sealed class TestQueue : IDisposable
{
    private static readonly Lazy<AcceleratorContext> _context = new(() => new AcceleratorContext(emulatedWarps: 8));
    private static readonly ConcurrentDictionary<AcceleratorKind, ComputeQueue> _queues = [];

    public TestQueue(AcceleratorKind kind)
    {
        global::ILGPU.Runtime.Device? device = _context.Value.Devices.FirstOrDefault(device => AcceleratorContext.Kind(device.AcceleratorType) == kind);
        Assert.SkipWhen(device is null, $"needs an accelerator of kind {kind}");
        Queue = _queues.GetOrAdd(kind, _ => new ComputeQueue(_context.Value, device!));
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
