using System.Runtime.InteropServices;

namespace Inference.Cpu.Linear;

/// <summary>Memory for panels: aligned to registers, and in large pages where the operating system has them.</summary>
/// <remarks>
/// A layer streams through its panels. In small pages, looking them up takes a good part of the time, and the processor stops fetching
/// ahead at the end of each; and the system hands out large ones several times faster, which a start feels. The matrices of a small
/// model are smaller than a large page each, so they share slabs of several. Thread-safe.
/// </remarks>
internal static unsafe class PanelMemory
{
    private const nuint Alignment = 64;
    private const nuint LargePage = 2 * 1024 * 1024;
    private const nuint SlabBytes = 8 * LargePage;

    private static readonly Lock _lock = new();
    private static readonly Dictionary<nint, Slab> _slabs = [];
    private static Slab? _open;

    /// <summary>Allocates bytes of unknown content.</summary>
    /// <exception cref="OutOfMemoryException">There are not as many.</exception>
    public static byte* Allocate(nuint bytes)
    {
        if (!OperatingSystem.IsLinux())
            return (byte*)NativeMemory.AlignedAlloc(bytes, Alignment);
        if (bytes >= SlabBytes / 2)
            return LargePages(bytes);

        bytes = nuint.Max(bytes, 1);
        lock (_lock)
        {
            if (_open is null || _open.Used + bytes > SlabBytes)
                _open = new Slab(LargePages(SlabBytes));
            byte* memory = _open.Memory + _open.Used;
            _open.Used += (bytes + Alignment - 1) & ~(Alignment - 1);
            _open.Pieces++;
            _slabs.Add((nint)memory, _open);
            return memory;
        }
    }

    /// <summary>Gives memory back; null is none.</summary>
    public static void Free(byte* memory)
    {
        if (memory == null)
            return;
        lock (_lock)
        {
            if (_slabs.Remove((nint)memory, out Slab? slab))
            {
                if (--slab.Pieces > 0)
                    return;
                memory = slab.Memory;
                if (_open == slab)
                    _open = null;
            }
        }

        NativeMemory.AlignedFree(memory);
    }

    private static byte* LargePages(nuint bytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc(bytes, LargePage);
        HugePages.Advise(memory, bytes);
        return memory;
    }

    /// <summary>Pages that several matrices share; freed with the last of them.</summary>
    private sealed class Slab(byte* memory)
    {
        public byte* Memory { get; } = memory;

        /// <summary>Bytes given out.</summary>
        public nuint Used { get; set; }

        /// <summary>Matrices that have not given theirs back.</summary>
        public int Pieces { get; set; }
    }
}
