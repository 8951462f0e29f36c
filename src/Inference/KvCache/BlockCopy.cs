namespace Inference.KvCache;

/// <summary>A block to copy onto a fresh one, because two texts part within it.</summary>
/// <param name="Source">The block to copy.</param>
/// <param name="Destination">The block that becomes like it.</param>
/// <param name="Positions">How many of its first positions count.</param>
internal readonly record struct BlockCopy(int Source, int Destination, int Positions);
