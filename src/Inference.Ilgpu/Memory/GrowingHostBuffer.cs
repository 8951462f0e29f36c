using System.Numerics;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Memory;

/// <summary>Page-locked memory of the host, which a card reads and writes itself. It grows to the largest use, by powers of two; its contents do not survive growing.</summary>
/// <param name="queue">Whose copies it is for.</param>
internal sealed class GrowingHostBuffer<T>(ComputeQueue queue) : IDisposable
    where T : unmanaged
{
    private PageLockedArray1D<T>? _memory;

    /// <summary>The memory. No copy of it may be under way where it has to grow.</summary>
    /// <param name="length">Elements that it has at least.</param>
    public T[] Array(int length)
    {
        if (_memory is null || _memory.Length < length)
        {
            _memory?.Dispose();
            _memory = queue.Accelerator.AllocatePageLocked1D<T>((long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, length)));
        }

        return _memory.GetArray();
    }

    public void Dispose() => _memory?.Dispose();
}
