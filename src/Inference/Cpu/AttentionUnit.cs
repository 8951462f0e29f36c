namespace Inference.Cpu;

/// <summary>A piece of attention that one worker computes: some rows of a sequence, all query heads of one key-value head, some chunks.</summary>
/// <param name="Sequence">Index of the sequence in the step.</param>
/// <param name="FirstRow">First row, counted from the sequence's own.</param>
/// <param name="RowCount">Rows.</param>
/// <param name="KvHead">The key-value head.</param>
/// <param name="FirstChunk">First chunk of positions.</param>
/// <param name="ChunkCount">Chunks.</param>
/// <param name="Partials">
/// Where the partials of its chunks stand, one after the other, in floats from the start of their memory; -1 where the unit has all
/// chunks and merges them itself.
/// </param>
internal readonly record struct AttentionUnit(
    int Sequence, int FirstRow, int RowCount, int KvHead, int FirstChunk, int ChunkCount, nint Partials = -1);
