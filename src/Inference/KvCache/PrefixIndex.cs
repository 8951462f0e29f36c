namespace Inference.KvCache;

/// <summary>Finds a full block by its hash. A block has at most one entry, and so has a hash.</summary>
internal sealed class PrefixIndex(int blockCount)
{
    // Never more entries than blocks, so it never grows.
    private readonly Dictionary<BlockHash, int> _blocks = new(blockCount);
    private readonly BlockHash[] _hashes = new BlockHash[blockCount];
    private readonly bool[] _registered = new bool[blockCount];

    public int Count => _blocks.Count;

    /// <summary>The block with this hash, or -1.</summary>
    public int Find(in BlockHash hash) => _blocks.TryGetValue(hash, out int block) ? block : -1;

    public bool Contains(int block) => _registered[block];

    /// <summary>The hash under which a contained block is found.</summary>
    public ref readonly BlockHash HashOf(int block) => ref _hashes[block];

    /// <summary>Adds a block unless another one holds the same contents: the first one wins.</summary>
    public bool TryAdd(int block, in BlockHash hash)
    {
        if (!_blocks.TryAdd(hash, block))
            return false;

        _hashes[block] = hash;
        _registered[block] = true;
        return true;
    }

    public void Remove(int block)
    {
        if (!_registered[block])
            return;

        _blocks.Remove(_hashes[block]);
        _registered[block] = false;
    }
}
