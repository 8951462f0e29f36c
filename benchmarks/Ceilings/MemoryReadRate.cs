using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inference.Ceilings;

/// <summary>How fast this machine reads memory: the ceiling of whatever reads all weights for each token.</summary>
/// <remarks>Each thread walks over a part of its own of a buffer that no cache holds, with loads as wide as the processor has.</remarks>
internal sealed unsafe partial class MemoryReadRate : IDisposable
{
    private const long BufferBytes = 512L << 20;
    private const int Alignment = 4096;
    private const int Unroll = 8;
    private const int AdviseHugePages = 14;
    private readonly byte* _buffer;

    public MemoryReadRate()
    {
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)BufferBytes, Alignment);
        // As few misses of the page tables as weights in large pages have. Where the system refuses, small pages do.
        if (OperatingSystem.IsLinux())
            _ = Advise((nint)_buffer, (nuint)BufferBytes, AdviseHugePages);
        // Written once: pages that nobody wrote are all the same page of zeros, which the cache holds.
        new Span<byte>(_buffer, (int)(BufferBytes / 2)).Fill(1);
        new Span<byte>(_buffer + BufferBytes / 2, (int)(BufferBytes / 2)).Fill(1);
    }

    /// <summary>Reads the buffer some times.</summary>
    /// <param name="threads">Threads that read.</param>
    /// <param name="passes">How often; the fastest pass counts.</param>
    /// <returns>Bytes a second.</returns>
    public double Measure(int threads, int passes = 3)
    {
        long part = BufferBytes / threads / (Unroll * 64) * (Unroll * 64);
        return threads * part / ParallelTimer.Fastest(threads, passes, thread => Read(_buffer + thread * part, part));
    }

    public void Dispose() => NativeMemory.AlignedFree(_buffer);

    /// <summary>The sum keeps the loads from being left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static ulong Read(byte* source, long length)
    {
        Vector512<ulong> a = default, b = default, c = default, d = default;
        for (byte* end = source + length; source < end; source += Unroll * 64)
        {
            a += Vector512.Load((ulong*)source) ^ Vector512.Load((ulong*)(source + 64));
            b += Vector512.Load((ulong*)(source + 128)) ^ Vector512.Load((ulong*)(source + 192));
            c += Vector512.Load((ulong*)(source + 256)) ^ Vector512.Load((ulong*)(source + 320));
            d += Vector512.Load((ulong*)(source + 384)) ^ Vector512.Load((ulong*)(source + 448));
        }

        return Vector512.Sum(a + b + c + d);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
