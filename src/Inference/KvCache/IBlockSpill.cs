namespace Inference.KvCache;

/// <summary>Keeps what blocks contained when they are taken for something else, outside of the pool, while there is room.</summary>
/// <remarks>No member throws: what cannot be kept or brought back is computed again.</remarks>
internal interface IBlockSpill
{
    /// <summary>Takes a copy of a full block, whose contents are about to be lost.</summary>
    void Keep(int block, in BlockHash hash);

    /// <summary>Whether a block's contents can probably be brought back.</summary>
    bool Contains(in BlockHash hash);

    /// <summary>Writes contents that were kept into a block.</summary>
    /// <returns>False where they are gone, or could not be read; the block then holds nothing of use.</returns>
    bool TryRestore(in BlockHash hash, int block);
}
