using System.Runtime.InteropServices;

namespace Inference.Cpu;

/// <summary>Asks the operating system to back memory with large pages, so that reading it needs fewer address translations.</summary>
internal static unsafe partial class HugePages
{
    private const nuint PageBytes = 2 << 20;
    private const int AdviceHugePage = 14;

    /// <summary>Asks for the whole large pages within a range. It is advice: nothing depends on whether it is taken.</summary>
    /// <param name="start">First byte; any alignment.</param>
    /// <param name="byteLength">Bytes.</param>
    public static void Advise(void* start, nuint byteLength)
    {
        nuint first = ((nuint)start + PageBytes - 1) & ~(PageBytes - 1);
        nuint end = ((nuint)start + byteLength) & ~(PageBytes - 1);
        if (OperatingSystem.IsLinux() && first < end)
            _ = Advise((nint)first, end - first, AdviceHugePage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
