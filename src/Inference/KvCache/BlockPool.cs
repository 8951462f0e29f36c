namespace Inference.KvCache;

/// <summary>Who holds which block of the key-value cache, and what the free ones still contain.</summary>
/// <remarks>
/// <para>A block with no reference is free, but stays findable by its contents until it is taken again. Blocks that cannot be
/// found are taken first, then those freed longest ago.</para>
/// <para>Pure bookkeeping: it never touches device memory. Not thread-safe. Misuse (a double free, a use after free) throws
/// <see cref="InvalidOperationException"/>, since it is a bug of the caller that would corrupt other requests' text.</para>
/// </remarks>
internal sealed class BlockPool
{
    /// <summary>The largest block size; hashing a block takes four bytes of stack a token.</summary>
    public const int MaxBlockSize = 1024;

    private readonly int[] _references;
    private readonly FreeList _free;
    private readonly PrefixIndex _index;

    /// <summary>Creates a pool of free blocks.</summary>
    /// <param name="blockCount">Blocks, at least 1.</param>
    /// <param name="blockSize">Positions a block, 1 to <see cref="MaxBlockSize"/>.</param>
    /// <param name="prefixCaching">Whether equal prefixes share blocks.</param>
    public BlockPool(int blockCount, int blockSize, bool prefixCaching = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockSize, MaxBlockSize);
        BlockCount = blockCount;
        BlockSize = blockSize;
        PrefixCaching = prefixCaching;
        _references = new int[blockCount];
        _free = new FreeList(blockCount);
        _index = new PrefixIndex(blockCount);
    }

    public int BlockCount { get; }

    public int BlockSize { get; }

    public bool PrefixCaching { get; }

    /// <summary>Where findable contents go when their block is taken for something else; null: nowhere.</summary>
    public IBlockSpill? Spill { get; init; }

    /// <summary>Blocks that can be taken, those with findable contents included.</summary>
    public int FreeCount => _free.Count;

    /// <summary>Blocks that can be found by their contents, held or free.</summary>
    public int IndexedCount => _index.Count;

    /// <summary>Blocks needed for so many tokens.</summary>
    public int BlocksFor(int tokens) => (int)(((long)tokens + BlockSize - 1) / BlockSize);

    /// <summary>How many tables hold the block; 0 for a free one.</summary>
    public int References(int block) => _references[block];

    /// <summary>The block with these contents, held or free, or -1.</summary>
    public int Find(in BlockHash hash) => _index.Find(hash);

    /// <summary>Takes the free block least worth keeping; its contents are forgotten.</summary>
    /// <exception cref="InvalidOperationException">None is free.</exception>
    public int Take()
    {
        if (_free.Count == 0)
            throw new InvalidOperationException("A block was taken from a pool with none free.");

        int block = _free.First;
        _free.Remove(block);
        if (Spill is not null && _index.Contains(block))
            Spill.Keep(block, _index.HashOf(block));
        _index.Remove(block);
        _references[block] = 1;
        return block;
    }

    /// <summary>Adds a holder to a block that was found; a free one comes back to life.</summary>
    /// <exception cref="InvalidOperationException">The block is free and its contents are not known.</exception>
    public void Share(int block)
    {
        if (_references[block] == 0)
        {
            if (!_index.Contains(block))
                throw new InvalidOperationException($"Block {block} was shared after it was freed.");
            _free.Remove(block);
        }

        _references[block]++;
    }

    /// <summary>Removes a holder; without any, the block is free.</summary>
    /// <exception cref="InvalidOperationException">The block is free already.</exception>
    public void Release(int block)
    {
        if (_references[block] == 0)
            throw new InvalidOperationException($"Block {block} was freed twice.");

        if (--_references[block] > 0)
            return;

        if (_index.Contains(block))
            _free.AddLast(block);
        else
            _free.AddFirst(block);
    }

    /// <summary>Makes a computed full block findable, unless another block with the same contents already is.</summary>
    /// <returns>Whether it is findable under this hash now.</returns>
    /// <exception cref="InvalidOperationException">The block is free, or already known by other contents.</exception>
    public bool Register(int block, in BlockHash hash)
    {
        if (_references[block] == 0)
            throw new InvalidOperationException($"Block {block} was registered after it was freed.");
        if (_index.Contains(block))
        {
            return _index.Find(hash) == block
                ? true
                : throw new InvalidOperationException($"Block {block} was registered under two contents.");
        }

        return PrefixCaching && _index.TryAdd(block, hash);
    }
}
