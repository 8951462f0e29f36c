namespace Inference.Scheduling;

/// <summary>Consecutive tokens of one sequence, to be computed in one step.</summary>
/// <param name="Sequence">Whose tokens.</param>
/// <param name="Start">Position of the first; all before are computed.</param>
/// <param name="Count">How many, at least 1; the sequence has the blocks for them.</param>
/// <param name="WantsLogits">Whether they end with the last known token, so that the next one is to be sampled.</param>
internal readonly record struct PlannedSlice(Sequence Sequence, int Start, int Count, bool WantsLogits);
