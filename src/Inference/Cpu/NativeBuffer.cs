using System.Runtime.InteropServices;

namespace Inference.Cpu;

/// <summary>Zeroed memory outside the managed heap, aligned to cache lines. The operating system gives it pages only once they are touched.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;

    private void* _allocation;

    /// <summary>Allocates.</summary>
    /// <param name="byteLength">Bytes; 0 gives an empty buffer that may grow.</param>
    public NativeBuffer(nuint byteLength = 0) => Reserve(byteLength);

    /// <summary>The first byte; null when empty or disposed.</summary>
    public byte* Data { get; private set; }

    /// <summary>Bytes.</summary>
    public nuint ByteLength { get; private set; }

    /// <summary>Makes the buffer at least so long. Its contents are lost when it grows.</summary>
    public void Reserve(nuint byteLength)
    {
        if (byteLength <= ByteLength)
            return;

        // Twice as much, so that what grows by a little each step is not allocated anew each step.
        byteLength = nuint.Max(byteLength, ByteLength * 2);
        Dispose();
        _allocation = NativeMemory.AllocZeroed(checked(byteLength + Alignment));
        Data = (byte*)(((nuint)_allocation + Alignment - 1) & ~(Alignment - 1));
        ByteLength = byteLength;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_allocation);
        _allocation = null;
        Data = null;
        ByteLength = 0;
    }
}
