using System.Runtime.InteropServices;

namespace Inference.Cpu.Assembled;

/// <summary>Machine code in memory. Pages are writable first and executable after, never both.</summary>
/// <remarks>Lives as long as the process: functions in it may be running on any thread.</remarks>
internal static unsafe partial class ExecutableMemory
{
    private const int ProtectionRead = 1;
    private const int ProtectionWrite = 2;
    private const int ProtectionExecute = 4;
    private const int MapPrivate = 2;
    private const int MapAnonymous = 0x20;
    private const uint WindowsCommitReserve = 0x3000;
    private const uint WindowsReadWrite = 0x04;
    private const uint WindowsExecuteRead = 0x20;

    /// <summary>Whether this operating system's calls are known here.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() || OperatingSystem.IsWindows();

    /// <summary>Copies code to where it can run.</summary>
    /// <returns>Its address, or 0 where the operating system refuses (hardened kernels and containers may).</returns>
    public static nint Publish(ReadOnlySpan<byte> code)
    {
        try
        {
            return OperatingSystem.IsWindows() ? PublishOnWindows(code) : OperatingSystem.IsLinux() ? PublishOnLinux(code) : 0;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return 0;
        }
    }

    private static nint PublishOnLinux(ReadOnlySpan<byte> code)
    {
        nint address = Map(0, (nuint)code.Length, ProtectionRead | ProtectionWrite, MapPrivate | MapAnonymous, -1, 0);
        if (address == -1)
            return 0;
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (Protect(address, (nuint)code.Length, ProtectionRead | ProtectionExecute) == 0)
            return address;
        _ = Unmap(address, (nuint)code.Length);
        return 0;
    }

    private static nint PublishOnWindows(ReadOnlySpan<byte> code)
    {
        nint address = VirtualAlloc(0, (nuint)code.Length, WindowsCommitReserve, WindowsReadWrite);
        if (address == 0)
            return 0;
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        return VirtualProtect(address, (nuint)code.Length, WindowsExecuteRead, out _) != 0 ? address : 0;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("kernel32")]
    private static partial nint VirtualAlloc(nint address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualProtect(nint address, nuint size, uint protection, out uint previous);
}
