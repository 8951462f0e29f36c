using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Inference.Formats;

/// <summary>A file mapped into memory, read-only. An empty file, which cannot be mapped, is an empty span.</summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private const int AdviceDontNeed = 4;
    private const int AdvicePopulateRead = 22;

    private readonly MemoryMappedFile? _mapping;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _data;

    private MappedFile(string path, long length, MemoryMappedFile? mapping)
    {
        Path = path;
        Length = length;
        _mapping = mapping;
        if (mapping is null)
            return;

        // The view is as long as the file: asking for its length instead of 0 keeps the page's tail out.
        _view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _data);
        _data += _view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">The path is a folder.</exception>
    public static MappedFile Open(string path)
    {
        if (Directory.Exists(path))
            throw new ModelFormatException(path, null, -1, "a file is needed, and this is a folder");

        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            long length = RandomAccess.GetLength(handle);
            MemoryMappedFile? mapping = length == 0
                ? null
                : MemoryMappedFile.CreateFromFile(
                    handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            try
            {
                return new MappedFile(path, length, mapping);
            }
            catch
            {
                mapping?.Dispose();
                throw;
            }
        }
        finally
        {
            // The mapping outlives the handle that it was made from.
            handle.Dispose();
        }
    }

    /// <summary>The address of a byte; <see cref="Length"/> itself is allowed, for what is empty and lies at the end.</summary>
    public byte* At(long offset)
    {
        ObjectDisposedException.ThrowIf(_data is null && Length > 0, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)offset, (ulong)Length);
        return _data + offset;
    }

    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        byte* start = At(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)length, (ulong)(Length - offset));
        return new ReadOnlySpan<byte>(start, length);
    }

    /// <summary>Lets go of the pages that lie wholly in a range. Reading them again brings them back from the file.</summary>
    public void Release(long offset, long length)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        nint page = Environment.SystemPageSize;
        nint start = ((nint)At(offset) + page - 1) & -page;
        nint end = ((nint)At(offset) + (nint)length) & -page;
        // Advice: where it fails, the pages stay until the system needs them for something else.
        if (end > start)
            _ = Advise(start, (nuint)(end - start), AdviceDontNeed);
    }

    /// <summary>Brings the pages of a range into memory with one call, where the system has such a call (Linux 5.14 and later).</summary>
    public void Fetch(long offset, long length)
    {
        if (!OperatingSystem.IsLinux() || length <= 0)
            return;
        nint start = (nint)At(offset) & -Environment.SystemPageSize;
        // Advice, too: what it does not bring, reading does.
        _ = Advise(start, (nuint)((nint)At(offset) + (nint)length - start), AdvicePopulateRead);
    }

    public void Dispose()
    {
        if (_view is not null && _data is not null)
        {
            _data = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
        }

        _mapping?.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
