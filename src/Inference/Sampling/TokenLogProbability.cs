namespace Inference.Sampling;

/// <summary>A token and the natural logarithm of its probability.</summary>
internal readonly record struct TokenLogProbability(int Token, float LogProbability);
