using Inference.Execution;

namespace Inference.Ilgpu.Graphs;

/// <summary>Enqueues an operation's launches.</summary>
/// <param name="operation">The operation.</param>
/// <param name="targets">Its linear layers, where it has such.</param>
internal delegate void StepExecutor(in StepOperation operation, ReadOnlySpan<LinearTarget> targets);
