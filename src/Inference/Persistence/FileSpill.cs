using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Inference.Persistence;

/// <summary>Slots in a temporary file. Writing is behind the caller's back, reading is not; a checksum finds what the disk has changed.</summary>
internal sealed class FileSpill : ISpillMedium
{
    /// <summary>Memory for contents on their way to the disk.</summary>
    private const int BytesUnderWay = 32 << 20;

    private readonly SafeFileHandle _file;
    private readonly Channel<(int Slot, byte[] Contents)> _writes = Channel.CreateUnbounded<(int, byte[])>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Lock _lock = new();
    private readonly Dictionary<int, byte[]> _underWay = [];
    private readonly Stack<byte[]> _spare = new();
    private readonly uint[] _checksums;
    private readonly byte[] _read;
    private readonly Task _writer;
    private int _unmade;
    private Exception? _fault;
    private volatile bool _disposed;

    /// <exception cref="IOException">No file can be made there.</exception>
    /// <exception cref="UnauthorizedAccessException">No file may be made there.</exception>
    public FileSpill(string folder, int slots, int slotLength)
    {
        Slots = slots;
        SlotLength = slotLength;
        _checksums = new uint[slots];
        _read = GC.AllocateUninitializedArray<byte>(slotLength);
        _unmade = Math.Max(2, BytesUnderWay / slotLength);
        string path = Path.Combine(folder, $"inference-spill-{Guid.NewGuid():N}.tmp");
        // Gone with the process, however that ends: on Windows the system deletes it with its last handle, elsewhere an open file needs no name.
        _file = OperatingSystem.IsWindows()
            ? File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose)
            : OpenNameless(path);
        _writer = Task.Run(WriteAllAsync);
    }

    public int Slots { get; }

    public int SlotLength { get; }

    public bool IsSlow => true;

    public bool CanWrite
    {
        get
        {
            lock (_lock)
            {
                ThrowIfFailed();
                return _spare.Count + _unmade > 0;
            }
        }
    }

    public byte[] Begin(int slot)
    {
        lock (_lock)
        {
            if (_spare.TryPop(out byte[]? spare))
                return spare;
            _unmade--;
        }

        return GC.AllocateUninitializedArray<byte>(SlotLength);
    }

    public void End(int slot, byte[] filled)
    {
        lock (_lock)
            _underWay[slot] = filled;
        _writes.Writer.TryWrite((slot, filled));
    }

    public ReadOnlySpan<byte> Read(int slot)
    {
        uint checksum;
        lock (_lock)
        {
            ThrowIfFailed();
            if (_underWay.TryGetValue(slot, out byte[]? contents))
            {
                contents.CopyTo(_read, 0);
                return _read;
            }

            checksum = _checksums[slot];
        }

        long start = (long)slot * SlotLength;
        for (int done = 0; done < SlotLength;)
        {
            int count = RandomAccess.Read(_file, _read.AsSpan(done), start + done);
            if (count == 0)
                throw new EndOfStreamException($"The spill file ends before byte {start + SlotLength}.");
            done += count;
        }

        return Checksum(_read) == checksum ? _read : throw new IOException($"The spill file has changed at byte {start}.");
    }

    /// <summary>Gives up what is under way and deletes the file.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _writes.Writer.TryComplete();
        // At most one write is waited for.
        _writer.GetAwaiter().GetResult();
        _file.Dispose();
    }

    /// <summary>CRC-32C: eight bytes an instruction.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> contents)
    {
        uint checksum = 0;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(contents);
        foreach (ulong word in words)
            checksum = BitOperations.Crc32C(checksum, word);
        foreach (byte rest in contents[(words.Length * sizeof(ulong))..])
            checksum = BitOperations.Crc32C(checksum, rest);
        return checksum;
    }

    [UnsupportedOSPlatform("windows")]
    private static SafeFileHandle OpenNameless(string path)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        try
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Delete(path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private async Task WriteAllAsync()
    {
        await foreach ((int slot, byte[] contents) in _writes.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            uint checksum = 0;
            try
            {
                if (!_disposed && Volatile.Read(ref _fault) is null)
                {
                    checksum = Checksum(contents);
                    RandomAccess.Write(_file, contents, (long)slot * SlotLength);
                }
            }
            catch (Exception error)
            {
                Volatile.Write(ref _fault, error);
            }

            lock (_lock)
            {
                // A later write to the slot may be under way already: it is the one that counts.
                if (_underWay.TryGetValue(slot, out byte[]? latest) && latest == contents)
                    _underWay.Remove(slot);
                _checksums[slot] = checksum;
                _spare.Push(contents);
            }
        }
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _fault) is { } fault)
            throw new IOException($"The spill file could not be written: {fault.Message}", fault);
    }
}
