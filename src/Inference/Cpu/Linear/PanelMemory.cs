using System.Runtime.InteropServices;

namespace Inference.Cpu.Linear;

/// <summary>Memory for a matrix's panels: of unknown content, aligned to registers, and in large pages where the operating system has them.</summary>
/// <remarks>
/// A layer streams through its panels, so that looking up small pages takes a good part of its time; and the system hands out large pages
/// several times faster, which a start feels. Matrices too small to fill large pages share them.
/// </remarks>
internal sealed unsafe partial class PanelMemory : IDisposable
{
    private const nuint Alignment = 64;
    private const nuint LargePage = 2 * 1024 * 1024;
    private const nuint SlabBytes = 16 * LargePage;
    private const int AdviceHugePage = 14;

    private static readonly Lock _lock = new();
    private static Slab? _current;

    private readonly Slab _slab;
    private bool _disposed;

    private PanelMemory(Slab slab, byte* data)
    {
        _slab = slab;
        Data = data;
    }

    /// <summary>The first byte; null once disposed.</summary>
    public byte* Data { get; private set; }

    /// <summary>Allocates bytes of unknown content.</summary>
    /// <exception cref="OutOfMemoryException">There are not as many.</exception>
    public static PanelMemory Allocate(nuint bytes)
    {
        bytes = checked(bytes + Alignment - 1) & ~(Alignment - 1);
        lock (_lock)
        {
            Slab slab;
            if (!OperatingSystem.IsLinux() || bytes > SlabBytes / 4)
                slab = new Slab(bytes);
            else if (_current is { } current && current.Size - current.Used >= bytes)
                slab = current;
            else
                slab = _current = new Slab(SlabBytes);
            byte* data = slab.Memory + slab.Used;
            slab.Used += bytes;
            slab.Pieces++;
            return new PanelMemory(slab, data);
        }
    }

    /// <summary>Gives the memory back; that of a slab goes with its last piece.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            Data = null;
            if (--_slab.Pieces > 0)
                return;
            if (_current == _slab)
                _current = null;
            NativeMemory.AlignedFree(_slab.Memory);
        }
    }

    // Advice is no more than that: where it fails, nothing is lost but speed.
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* address, nuint length, int advice);

    /// <summary>One allocation, of one large piece or many small ones.</summary>
    private sealed class Slab
    {
        public Slab(nuint bytes)
        {
            bool large = OperatingSystem.IsLinux() && bytes >= LargePage;
            Memory = (byte*)NativeMemory.AlignedAlloc(bytes, large ? LargePage : Alignment);
            Size = bytes;
            if (large)
                _ = Advise(Memory, bytes, AdviceHugePage);
        }

        public byte* Memory { get; }

        public nuint Size { get; }

        public nuint Used { get; set; }

        public int Pieces { get; set; }
    }
}
