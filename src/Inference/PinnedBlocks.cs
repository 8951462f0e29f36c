using Inference.KvCache;

namespace Inference;

/// <summary>The engine's thread's books of which cache blocks are pinned, by the computation that pinned them.</summary>
/// <param name="pool">The blocks.</param>
/// <param name="limit">The most that may be pinned: the longest request must always have room beside them.</param>
internal sealed class PinnedBlocks(BlockPool pool, int limit)
{
    private readonly Dictionary<RequestState, int[]> _held = [];

    /// <summary>Blocks pinned or about to be, counted once for each pin.</summary>
    public int Count { get; private set; }

    /// <summary>How many more may be pinned.</summary>
    public int Room => limit - Count;

    /// <summary>Sets blocks aside for a prompt that is about to be computed.</summary>
    public void Reserve(RequestState state)
    {
        _held.Add(state, []);
        Count += BlocksOf(state);
    }

    /// <summary>Blocks that a pin's prompt has.</summary>
    public int BlocksOf(RequestState state) => state.Prompt.Length / pool.BlockSize;

    /// <summary>Holds the blocks of a prompt that has been computed and not been released yet.</summary>
    public void Hold(RequestState state) => _held[state] = state.Sequence.Table.Pin(pool, state.Prompt);

    /// <summary>Gives up what was set aside for a computation that ends, unless it holds blocks by now.</summary>
    public void Settle(RequestState state)
    {
        if (_held.TryGetValue(state, out int[]? blocks) && blocks.Length == 0)
            Remove(state);
    }

    /// <summary>Lets the blocks go; any number of times.</summary>
    public void Release(RequestState state)
    {
        if (!_held.TryGetValue(state, out int[]? blocks))
            return;
        // Last first, as tables do: a block is of use only with all before it.
        for (int i = blocks.Length - 1; i >= 0; i--)
            pool.Release(blocks[i]);
        Remove(state);
    }

    private void Remove(RequestState state)
    {
        _held.Remove(state);
        Count -= BlocksOf(state);
    }
}
