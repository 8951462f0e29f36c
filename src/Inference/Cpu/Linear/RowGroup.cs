namespace Inference.Cpu.Linear;

/// <summary>Consecutive rows of an input that go through layers of their own.</summary>
/// <param name="First">The first row.</param>
/// <param name="Count">Rows.</param>
internal readonly record struct RowGroup(int First, int Count);
