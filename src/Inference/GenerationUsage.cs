namespace Inference;

/// <summary>Tokens of one request.</summary>
/// <param name="InputTokens">Tokens of the prompt.</param>
/// <param name="CachedInputTokens">How many of them were not computed for it, but came from the prefix cache or from the request it was forked from.</param>
/// <param name="OutputTokens">Tokens generated, an end-of-text token included.</param>
public sealed record GenerationUsage(int InputTokens, int CachedInputTokens, int OutputTokens);
