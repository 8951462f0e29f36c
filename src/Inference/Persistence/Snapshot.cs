namespace Inference.Persistence;

/// <summary>A saved conversation that was read and found whole.</summary>
/// <param name="Header">What the stream said of itself.</param>
/// <param name="Tokens">The conversation.</param>
/// <param name="Blocks">Its first full blocks, as many as were asked for.</param>
internal sealed record Snapshot(SnapshotHeader Header, int[] Tokens, IReadOnlyList<byte[]> Blocks);
