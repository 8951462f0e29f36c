namespace Inference;

/// <summary>The transfers under way, one after the other. The engine's thread's alone.</summary>
/// <param name="cache">The cache.</param>
/// <param name="publish">Called when blocks were given back, before the caller learns of the end.</param>
internal sealed class CacheTransfers(CacheAccess cache, Action publish)
{
    /// <summary>Bytes a turn: about a millisecond's worth, and a small part of what a step reads.</summary>
    private const long BytesPerTurn = 4 << 20;

    private readonly Queue<CacheTransfer> _waiting = new();
    private readonly int _blocksPerTurn = (int)Math.Clamp(BytesPerTurn / cache.Cache.Shape.BytesPerBlock, 1, int.MaxValue);

    public bool HasWork => _waiting.Count > 0;

    public void Add(CacheTransfer transfer) => _waiting.Enqueue(transfer);

    /// <summary>Takes one turn of the first transfer.</summary>
    /// <param name="running">Requests that hold blocks now.</param>
    public void Advance(int running)
    {
        if (!_waiting.TryPeek(out CacheTransfer? transfer))
            return;

        cache.Running = running;
        Exception? error = null;
        try
        {
            if (!transfer.IsCancelled && !transfer.Advance(cache, _blocksPerTurn))
                return;
        }
        catch (Exception failure)
        {
            error = new GenerationFailedException($"A cache block could not be copied on {cache.Device.Name}: {failure.Message}", failure);
        }

        _waiting.Dequeue();
        Conclude(transfer, error);
    }

    /// <summary>Ends all of them: the engine has stopped.</summary>
    /// <param name="error">What callers are told.</param>
    /// <param name="intact">Whether the books of blocks can still be trusted.</param>
    public void EndAll(Exception error, bool intact)
    {
        while (_waiting.TryDequeue(out CacheTransfer? transfer))
        {
            if (intact)
                transfer.Release(cache.Pool);
            transfer.End(error);
        }
    }

    private void Conclude(CacheTransfer transfer, Exception? error)
    {
        transfer.Release(cache.Pool);
        publish();
        transfer.End(error);
    }
}
