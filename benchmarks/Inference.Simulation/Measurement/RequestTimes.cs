namespace Inference.Simulation.Measurement;

/// <summary>An ended request. Times in nanoseconds since the run began.</summary>
/// <param name="Arrival">When it came.</param>
/// <param name="Scheduled">When the first step with it began.</param>
/// <param name="FirstToken">When it had its first token.</param>
/// <param name="LastToken">When it had its last.</param>
/// <param name="PromptTokens">The prompt's length.</param>
/// <param name="CachedTokens">How many of them came from the prefix cache.</param>
/// <param name="OutputTokens">At least 1.</param>
internal readonly record struct RequestTimes(long Arrival, long Scheduled, long FirstToken, long LastToken, int PromptTokens, int CachedTokens, int OutputTokens);
