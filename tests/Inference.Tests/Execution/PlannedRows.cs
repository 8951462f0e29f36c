namespace Inference.Tests.Execution;

/// <summary>Some consecutive positions of one sequence, computed in one step.</summary>
internal readonly record struct PlannedRows(int Sequence, int Start, int Count);
