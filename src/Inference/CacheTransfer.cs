using Inference.KvCache;

namespace Inference;

/// <summary>Blocks on their way between the cache and host memory, in turns so short that no stream feels them.</summary>
/// <remarks>The engine's thread takes the turns; the caller waits for <see cref="Done"/>.</remarks>
internal abstract class CacheTransfer
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<int> _held = [];
    private volatile bool _cancelled;

    /// <summary>Completes after the last turn, when no block is held any more.</summary>
    public Task Done => _done.Task;

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsCancelled => _cancelled;

    /// <summary>Blocks held from turn to turn, so that nobody else takes them.</summary>
    protected IReadOnlyList<int> Held => _held;

    /// <summary>Says that nobody waits for it any more.</summary>
    public void Cancel() => _cancelled = true;

    /// <summary>Transfers some blocks.</summary>
    /// <param name="cache">The cache between two steps.</param>
    /// <param name="blocks">The most blocks.</param>
    /// <returns>Whether all is done.</returns>
    public abstract bool Advance(CacheAccess cache, int blocks);

    /// <summary>Gives back what is held, last first: a block is of use only with all before it.</summary>
    public void Release(BlockPool pool)
    {
        for (int i = _held.Count - 1; i >= 0; i--)
            pool.Release(_held[i]);
        _held.Clear();
    }

    /// <summary>Tells the caller that it is over.</summary>
    public void End(Exception? error)
    {
        if (error is null)
            _done.TrySetResult();
        else if (_done.TrySetException(error))
            _ = _done.Task.Exception; // Observed: the caller may have given up.
    }

    /// <summary>Keeps a block that has a holder already for this transfer: one that was shared or taken for it.</summary>
    protected void Hold(int block) => _held.Add(block);
}
