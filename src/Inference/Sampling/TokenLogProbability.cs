namespace Inference.Sampling;

/// <summary>A token that could have been chosen.</summary>
/// <param name="Token">The token's id.</param>
/// <param name="LogProbability">Natural logarithm of its probability, after bias and penalties, before temperature and filters.</param>
public readonly record struct TokenLogProbability(int Token, float LogProbability);
