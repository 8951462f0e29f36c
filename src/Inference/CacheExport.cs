using Inference.KvCache;
using Inference.Scheduling;

namespace Inference;

/// <summary>Copies what the cache holds of a conversation to host memory.</summary>
/// <param name="tokens">The conversation.</param>
/// <param name="root">The hash that its salt gives.</param>
/// <param name="sequence">The sequence that computes it, if one does or did: while it runs it has blocks of its own.</param>
internal sealed class CacheExport(int[] tokens, BlockHash root, Sequence? sequence) : CacheTransfer
{
    private readonly List<byte[]> _blocks = [];
    private readonly List<BlockHash> _spilled = [];
    private bool _started;

    /// <summary>The conversation's first full blocks.</summary>
    public IReadOnlyList<byte[]> Blocks => _blocks;

    /// <inheritdoc/>
    public override bool Advance(CacheAccess cache, int blocks)
    {
        if (!_started)
            Find(cache);
        for (; blocks > 0; blocks--)
        {
            int next = _blocks.Count;
            if (next == Held.Count + _spilled.Count)
                return true;
            byte[] block = GC.AllocateUninitializedArray<byte>(checked((int)cache.Cache.Shape.BytesPerBlock));
            if (next < Held.Count)
                cache.Device.ReadBlock(cache.Cache, Held[next], block);
            else if (!cache.Spill!.TryRead(_spilled[next - Held.Count], block))
                return true;
            _blocks.Add(block);
        }

        return false;
    }

    /// <summary>Holds what is in the cache, and notes what follows it among evicted blocks.</summary>
    private void Find(CacheAccess cache)
    {
        _started = true;
        BlockPool pool = cache.Pool;
        int own = sequence is { State: SequenceState.Running } ? sequence.Computed / pool.BlockSize : 0;
        BlockHash hash = root;
        for (int i = 0; i < tokens.Length / pool.BlockSize; i++)
        {
            hash = BlockHash.Chain(hash, tokens.AsSpan(i * pool.BlockSize, pool.BlockSize));
            int block = _spilled.Count > 0 ? -1 : i < own ? sequence!.Blocks[i] : pool.Find(hash);
            if (block >= 0)
            {
                pool.Share(block);
                Hold(block);
            }
            else if (cache.Spill?.Contains(hash) == true)
            {
                _spilled.Add(hash);
            }
            else
            {
                return;
            }
        }
    }
}
