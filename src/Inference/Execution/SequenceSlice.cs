namespace Inference.Execution;

/// <summary>The rows of a step that belong to one sequence.</summary>
/// <param name="FirstRow">Index of its first row in the step.</param>
/// <param name="RowCount">How many rows: 1 in steady decoding, more for a piece of prompt.</param>
/// <param name="FirstPosition">Position in the sequence of its first row; all positions before are in the cache.</param>
/// <param name="FirstBlock">Index of its first block in <see cref="StepBatch.Blocks"/>.</param>
/// <param name="BlockCount">How many blocks it has; enough for all positions up to its last row.</param>
public readonly record struct SequenceSlice(int FirstRow, int RowCount, int FirstPosition, int FirstBlock, int BlockCount)
{
    /// <summary>Positions visible to the last row: those before and the rows themselves.</summary>
    public int Length => FirstPosition + RowCount;
}
