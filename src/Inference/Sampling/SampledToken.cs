namespace Inference.Sampling;

/// <summary>What a sampler chose.</summary>
/// <param name="Token">The token.</param>
/// <param name="LogProbability">Its log-probability, where log-probabilities were asked for.</param>
/// <param name="Top">The most probable tokens, best first, where they were asked for.</param>
internal readonly record struct SampledToken(int Token, float? LogProbability = null, TokenLogProbability[]? Top = null);
