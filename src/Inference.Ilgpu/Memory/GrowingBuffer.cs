using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Memory;

/// <summary>Device memory between kernels. It grows to the largest use, by powers of two, and stays; its contents do not survive growing.</summary>
/// <param name="queue">Where it is.</param>
/// <param name="purpose">What for, in words.</param>
internal sealed class GrowingBuffer<T>(ComputeQueue queue, string purpose) : IDisposable
    where T : unmanaged
{
    private MemoryBuffer1D<T, Stride1D.Dense>? _memory;

    /// <summary>Changes when the memory has moved: launches that name it are not those of before.</summary>
    public int Version { get; private set; }

    /// <param name="length">Elements that the view has.</param>
    /// <exception cref="DeviceMemoryException">The device has not so much left.</exception>
    public ArrayView<T> View(long length)
    {
        if (_memory is null || _memory.Length < length)
        {
            // What was enqueued may still read the old memory.
            queue.Stream.Synchronize();
            Dispose();
            _memory = queue.Allocate<T>((long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, length)), purpose);
            Version++;
        }

        return ((ArrayView<T>)_memory.View).SubView(0, length);
    }

    public void Dispose()
    {
        _memory?.Dispose();
        _memory = null;
    }
}
