namespace Inference.Execution;

/// <summary>How the rows of a mixture of experts find theirs.</summary>
/// <param name="Chosen">Experts a row, at least 1 and at most all: those with the highest scores, the lowest number first among equals.</param>
/// <param name="Normalizes">
/// Whether the weights of a row's experts sum to 1: a softmax over the chosen scores. Otherwise they are their parts of the softmax over all.
/// </param>
/// <param name="Activation">The non-linearity of the experts.</param>
public sealed record ExpertRouting(int Chosen, bool Normalizes, Activation Activation);
