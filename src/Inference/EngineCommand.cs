namespace Inference;

/// <summary>What callers ask of the engine's thread.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Generation">To which request, where it is about one.</param>
/// <param name="Transfer">The blocks to transfer, where it is about some.</param>
internal readonly record struct EngineCommand(EngineCommandKind Kind, Generation? Generation = null, CacheTransfer? Transfer = null);
