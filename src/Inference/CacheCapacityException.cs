namespace Inference;

/// <summary>A prefix cannot be pinned: the rest of the cache would not hold the longest request. Nothing was computed.</summary>
public sealed class CacheCapacityException : InferenceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="neededBlocks">Cache blocks that the prefix has.</param>
    /// <param name="availableBlocks">Cache blocks that could still be pinned.</param>
    public CacheCapacityException(int neededBlocks, int availableBlocks)
        : base($"The prefix has {neededBlocks} cache blocks and only {availableBlocks} more can be pinned: the longest request must always have room. Set a larger KvCacheTokens or a smaller ContextLength.")
    {
        NeededBlocks = neededBlocks;
        AvailableBlocks = availableBlocks;
    }

    /// <summary>Cache blocks that the prefix has.</summary>
    public int NeededBlocks { get; }

    /// <summary>Cache blocks that could still be pinned.</summary>
    public int AvailableBlocks { get; }
}
