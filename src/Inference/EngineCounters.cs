namespace Inference;

/// <summary>The figures behind <see cref="EngineStatistics"/>: written by the engine's thread, read by any.</summary>
internal sealed class EngineCounters
{
    private int _waiting;
    private int _running;
    private int _freeBlocks;
    private int _totalBlocks;
    private int _pinnedBlocks;
    private long _steps;
    private long _computedTokens;
    private long _preemptions;

    public void Publish(int waiting, int running, int freeBlocks, int totalBlocks, int pinnedBlocks)
    {
        Volatile.Write(ref _waiting, waiting);
        Volatile.Write(ref _running, running);
        Volatile.Write(ref _freeBlocks, freeBlocks);
        Volatile.Write(ref _totalBlocks, totalBlocks);
        Volatile.Write(ref _pinnedBlocks, pinnedBlocks);
    }

    public void Count(int computedTokens, int preemptions)
    {
        Volatile.Write(ref _steps, _steps + 1);
        Volatile.Write(ref _computedTokens, _computedTokens + computedTokens);
        Volatile.Write(ref _preemptions, _preemptions + preemptions);
    }

    public EngineStatistics Read() => new(
        Volatile.Read(ref _waiting),
        Volatile.Read(ref _running),
        Volatile.Read(ref _freeBlocks),
        Volatile.Read(ref _totalBlocks),
        Volatile.Read(ref _steps),
        Volatile.Read(ref _computedTokens),
        Volatile.Read(ref _preemptions)) { PinnedBlocks = Volatile.Read(ref _pinnedBlocks) };
}
