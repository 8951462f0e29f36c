namespace Inference.Ilgpu.Graphs;

/// <summary>What of a step its launches depend on. Steps with one key differ in the contents of buffers alone.</summary>
/// <param name="Rows">Rows, one of each sequence.</param>
/// <param name="LogitRows">Rows whose logits are wanted.</param>
/// <param name="Grid">What else sizes a grid: the bucket of the longest sequence's length.</param>
/// <param name="Buffers">Changes whenever a buffer that launches name has moved.</param>
internal readonly record struct StepKey(int Rows, int LogitRows, int Grid, int Buffers);
