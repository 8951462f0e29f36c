using System.Runtime.InteropServices;

namespace Inference.Cpu.Linear;

/// <summary>Memory for panels: aligned to registers, and large pieces in large pages where the operating system has them.</summary>
internal static unsafe partial class PanelMemory
{
    private const nuint Alignment = 64;
    private const nuint LargePage = 2 * 1024 * 1024;
    private const int AdviceHugePage = 14;

    /// <summary>Allocates bytes of unknown content.</summary>
    /// <exception cref="OutOfMemoryException">There are not as many.</exception>
    public static byte* Allocate(nuint bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes < LargePage)
            return (byte*)NativeMemory.AlignedAlloc(bytes, Alignment);

        // A layer streams through its panels, so that looking up small pages takes a good part of its time; and the system hands
        // out large pages several times faster, which a start feels.
        byte* memory = (byte*)NativeMemory.AlignedAlloc(bytes, LargePage);
        _ = Advise(memory, bytes, AdviceHugePage);
        return memory;
    }

    /// <summary>Gives memory back.</summary>
    public static void Free(byte* memory) => NativeMemory.AlignedFree(memory);

    // Advice is no more than that: where it fails, nothing is lost but speed.
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* address, nuint length, int advice);
}
