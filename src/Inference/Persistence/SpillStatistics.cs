namespace Inference.Persistence;

/// <summary>What became of blocks that were evicted from the cache. Blocks that were never findable are not counted.</summary>
/// <param name="KeptBlocks">Blocks kept now.</param>
/// <param name="KeptBytes">Bytes of those.</param>
/// <param name="SpilledBlocks">Blocks copied out of the cache so far.</param>
/// <param name="RestoredBlocks">Blocks copied back so far.</param>
/// <param name="SkippedBlocks">Evicted blocks that were not kept, because the disk was behind.</param>
/// <param name="Failures">1 once memory or disk have failed; nothing is kept from then on.</param>
public sealed record SpillStatistics(int KeptBlocks, long KeptBytes, long SpilledBlocks, long RestoredBlocks, long SkippedBlocks, int Failures);
