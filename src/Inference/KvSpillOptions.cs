using Inference.Execution;
using Inference.Persistence;

namespace Inference;

/// <summary>Where cached prefixes go that the cache has no more room for.</summary>
/// <remarks>
/// <para>A block that is evicted from the cache is copied there, under the hash by which it is found, and copied back when a request
/// begins with its tokens: <see cref="GenerationUsage.CachedInputTokens"/> counts it like any cached one, and the request's bits are
/// the same. Beyond the limit, what was not used for longest goes.</para>
/// <para>Requests never fail because of it: where memory or disk fail, a warning is logged and the engine goes on without.</para>
/// </remarks>
public sealed record KvSpillOptions
{
    private KvSpillOptions(long maxBytes, string? folder)
    {
        MaxBytes = maxBytes;
        Folder = folder;
    }

    /// <summary>The most bytes of keys and values; less than one block's keeps nothing.</summary>
    public long MaxBytes { get; }

    /// <summary>The folder in which a temporary file is made; null for the host's memory.</summary>
    public string? Folder { get; }

    /// <summary>Into the host's memory, which is taken as blocks come. For devices that have their own; on the CPU it is one more tier of the same memory.</summary>
    /// <param name="maxBytes">The most bytes, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBytes"/> is less than 1.</exception>
    public static KvSpillOptions ToMemory(long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        return new KvSpillOptions(maxBytes, null);
    }

    /// <summary>Into a temporary file, written in the background. It has the file's owner alone for a reader, and is gone when the engine is disposed or its process ends.</summary>
    /// <param name="folder">An existing folder; loading the engine throws an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where no file can be made in it.</param>
    /// <param name="maxBytes">The most bytes, at least 1.</param>
    /// <remarks>
    /// Blocks are read back on the engine's thread, for at most a quarter of any second; what would take longer is computed. Blocks that
    /// come faster than the disk writes are not kept (<see cref="SpillStatistics.SkippedBlocks"/>).
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="folder"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBytes"/> is less than 1.</exception>
    public static KvSpillOptions ToFile(string folder, long maxBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        return new KvSpillOptions(maxBytes, folder);
    }

    /// <summary>Opens the place; null where it has no room for a block.</summary>
    internal ISpillMedium? Open(KvCacheShape shape)
    {
        int slots = (int)Math.Min(MaxBytes / shape.BytesPerBlock, MostSlots);
        if (slots == 0)
            return null;
        int slotLength = checked((int)shape.BytesPerBlock);
        return Folder is null ? new MemorySpill(slots, slotLength) : new FileSpill(Folder, slots, slotLength);
    }

    // The index takes some hundred bytes a slot at once.
    private const int MostSlots = 1 << 22;
}
