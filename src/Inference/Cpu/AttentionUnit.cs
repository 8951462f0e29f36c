namespace Inference.Cpu;

/// <summary>A piece of attention that one worker computes: some rows of a sequence, all query heads of one key-value head.</summary>
/// <param name="Sequence">Index of the sequence in the step.</param>
/// <param name="FirstRow">First row, counted from the sequence's own.</param>
/// <param name="RowCount">Rows.</param>
/// <param name="KvHead">The key-value head.</param>
internal readonly record struct AttentionUnit(int Sequence, int FirstRow, int RowCount, int KvHead);
