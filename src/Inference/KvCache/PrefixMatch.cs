namespace Inference.KvCache;

/// <summary>What the cache holds of a text.</summary>
/// <param name="Blocks">Full blocks from the start of the text that are in the cache.</param>
/// <param name="Free">How many of them are free: using them takes as much from the free blocks as new ones would.</param>
internal readonly record struct PrefixMatch(int Blocks, int Free);
