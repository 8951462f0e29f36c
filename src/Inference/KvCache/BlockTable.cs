using System.Runtime.InteropServices;

namespace Inference.KvCache;

/// <summary>The blocks that hold one text's keys and values, in the order of its positions, and the hashes of its full blocks.</summary>
/// <remarks>The text is passed in at each call and may only have grown since the one before.</remarks>
internal sealed class BlockTable(BlockHash root)
{
    private readonly List<int> _blocks = [];
    private readonly List<BlockHash> _hashes = [];

    private BlockTable? _origin;
    private int _common;

    /// <summary>Positions computed, always the first ones.</summary>
    private int _filled;

    public ReadOnlySpan<int> Blocks => CollectionsMarshal.AsSpan(_blocks);

    /// <summary>The hash of one full block of the text.</summary>
    public BlockHash Hash(int block, ReadOnlySpan<int> tokens, int blockSize)
    {
        for (int i = _hashes.Count; i <= block; i++)
            _hashes.Add(BlockHash.Chain(i == 0 ? root : _hashes[i - 1], tokens.Slice(i * blockSize, blockSize)));
        return _hashes[block];
    }

    /// <summary>Says, before this table is filled, that its text begins like another one's: what that table holds then need not be computed again.</summary>
    /// <param name="origin">The other text's table, of the same root. Only used until this table is filled.</param>
    /// <param name="common">How many tokens the texts have in common.</param>
    public void ForkFrom(BlockTable origin, int common)
    {
        _origin = origin;
        _common = common;
    }

    /// <summary>How many full blocks of a text may come from the cache: one token is always left, so that there are logits.</summary>
    public static int Shareable(int tokens, int blockSize) => (tokens - 1) / blockSize;

    /// <summary>Looks up how much of the text the cache holds, taking nothing.</summary>
    public PrefixMatch Match(BlockPool pool, ReadOnlySpan<int> tokens)
    {
        int limit = Shareable(tokens.Length, pool.BlockSize);
        int inherited = Math.Min(limit, Inheritable / pool.BlockSize);
        int free = 0;
        if (!pool.PrefixCaching)
            return new PrefixMatch(inherited, free);

        for (int i = inherited; i < limit; i++)
        {
            int block = pool.Find(Hash(i, tokens, pool.BlockSize));
            if (block < 0)
                return new PrefixMatch(i, free);
            if (pool.References(block) == 0)
                free++;
        }

        return new PrefixMatch(limit, free);
    }

    /// <summary>Whether the whole text and one block more, if the text may ever need it, could be held now with so many blocks left free.</summary>
    public bool Fits(BlockPool pool, ReadOnlySpan<int> tokens, int maxLength, long reserved = 0)
    {
        long needed = Math.Min(pool.BlocksFor(tokens.Length) + 1, pool.BlocksFor(maxLength)) + reserved;
        // Looking the prefix up costs more, and is needed only where the plain count does not settle it.
        if (needed <= pool.FreeCount)
            return true;

        PrefixMatch match = Match(pool, tokens);
        return needed - match.Blocks + match.Free <= pool.FreeCount;
    }

    /// <summary>Fills an empty table for the text: shared blocks as far as the cache goes, then fresh ones.</summary>
    /// <returns>How many blocks are shared, and so computed.</returns>
    public int Attach(BlockPool pool, ReadOnlySpan<int> tokens)
    {
        if (_blocks.Count > 0)
            throw new InvalidOperationException("A table was filled twice.");

        int shared = Match(pool, tokens).Blocks;
        // All shared ones before any fresh one, which might otherwise be taken from among them.
        for (int i = 0; i < shared; i++)
        {
            int block = i < Inheritable / pool.BlockSize ? _origin!._blocks[i] : pool.Find(_hashes[i]);
            pool.Share(block);
            _blocks.Add(block);
        }

        shared += Restore(pool, tokens, shared);
        for (int needed = pool.BlocksFor(tokens.Length) - _blocks.Count; needed > 0; needed--)
            Grow(pool);
        _filled = shared * pool.BlockSize;
        return shared;
    }

    /// <summary>Brings the blocks that follow the shared ones back from where the pool's evicted contents are kept.</summary>
    /// <returns>How many came.</returns>
    private int Restore(BlockPool pool, ReadOnlySpan<int> tokens, int shared)
    {
        if (pool.Spill is not { } spill || !pool.PrefixCaching)
            return 0;

        int limit = Shareable(tokens.Length, pool.BlockSize);
        for (int i = shared; i < limit; i++)
        {
            BlockHash hash = Hash(i, tokens, pool.BlockSize);
            int block = pool.Find(hash);
            if (block >= 0)
            {
                pool.Share(block);
                _blocks.Add(block);
                continue;
            }

            // Looked up first: taking a block evicts another one's contents, which may push this one's out.
            if (!spill.Contains(hash))
                return i - shared;
            block = pool.Take();
            _blocks.Add(block);
            if (!spill.TryRestore(hash, block))
                return i - shared;
            pool.Register(block, hash);
        }

        return Math.Max(0, limit - shared);
    }

    /// <summary>
    /// Right after <see cref="Attach"/>: what is to be copied from the text this one was forked from, where that holds more than full
    /// blocks. This text writes into the block at once, so it is never shared. The positions then count as computed.
    /// </summary>
    public BlockCopy? Inherit(BlockPool pool, int tokens)
    {
        int positions = Math.Min(Inheritable, tokens - 1) - _filled;
        BlockTable? origin = _origin;
        _origin = null;
        if (positions <= 0)
            return null;

        int block = _filled / pool.BlockSize;
        _filled += positions;
        return new BlockCopy(origin!._blocks[block], _blocks[block], positions);
    }

    /// <summary>Adds a fresh block.</summary>
    public void Grow(BlockPool pool) => _blocks.Add(pool.Take());

    /// <summary>Makes the blocks findable that became full when the positions from start up to end were computed.</summary>
    public void Seal(BlockPool pool, ReadOnlySpan<int> tokens, int start, int end)
    {
        _filled = end;
        if (!pool.PrefixCaching)
            return;

        for (int i = start / pool.BlockSize; i < end / pool.BlockSize; i++)
            pool.Register(_blocks[i], Hash(i, tokens, pool.BlockSize));
    }

    /// <summary>Adds a holder to the blocks by which computed full blocks of the text are found.</summary>
    /// <param name="pool">The blocks, which must be found by their contents.</param>
    /// <param name="tokens">The computed text, or its beginning, in full blocks.</param>
    /// <returns>The blocks held, which may be others than this table's.</returns>
    public int[] Pin(BlockPool pool, ReadOnlySpan<int> tokens)
    {
        int[] pinned = new int[tokens.Length / pool.BlockSize];
        for (int i = 0; i < pinned.Length; i++)
        {
            BlockHash hash = Hash(i, tokens, pool.BlockSize);
            pinned[i] = pool.Find(hash);
            // Another block had these contents when this one was computed, and has been taken for something else since.
            if (pinned[i] < 0)
                pool.Register(pinned[i] = _blocks[i], hash);
            pool.Share(pinned[i]);
        }

        return pinned;
    }

    /// <summary>Gives all blocks back, last first: a block is of use only with all before it, so it must not outlive them.</summary>
    public void Release(BlockPool pool)
    {
        for (int i = _blocks.Count - 1; i >= 0; i--)
            pool.Release(_blocks[i]);
        _blocks.Clear();
        _filled = 0;
    }

    private int Inheritable => _origin is null ? 0 : Math.Min(_origin._filled, _common);
}
