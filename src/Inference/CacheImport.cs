using Inference.KvCache;

namespace Inference;

/// <summary>Brings the blocks of a saved conversation into the cache, where requests find them.</summary>
/// <remarks>It takes free blocks only, and leaves one to each request that runs: nobody is preempted for it.</remarks>
/// <param name="tokens">The conversation.</param>
/// <param name="root">The hash that its new salt gives.</param>
/// <param name="blocks">Its first full blocks.</param>
internal sealed class CacheImport(int[] tokens, BlockHash root, IReadOnlyList<byte[]> blocks) : CacheTransfer
{
    private BlockHash _last = root;

    /// <summary>Blocks that are in the cache now, from the first on.</summary>
    public int Restored { get; private set; }

    /// <inheritdoc/>
    public override bool Advance(CacheAccess cache, int blocksPerTurn)
    {
        BlockPool pool = cache.Pool;
        for (int i = 0; i < blocksPerTurn; i++)
        {
            if (Restored == blocks.Count)
                return true;

            BlockHash hash = BlockHash.Chain(_last, tokens.AsSpan(Restored * pool.BlockSize, pool.BlockSize));
            int block = pool.Find(hash);
            if (block >= 0 && (pool.References(block) > 0 || pool.FreeCount > cache.Running))
            {
                pool.Share(block);
                Hold(block);
            }
            else if (block < 0 && pool.FreeCount > cache.Running)
            {
                Hold(block = pool.Take());
                cache.Device.WriteBlock(cache.Cache, block, blocks[Restored]);
                pool.Register(block, hash);
            }
            else
            {
                return true;
            }

            _last = hash;
            Restored++;
        }

        return Restored == blocks.Count;
    }
}
