using Inference.Sampling;

namespace Inference;

/// <summary>One token of a stream.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Text">
/// The text that became final with this token. Empty while a character is incomplete or the text may be the start of a stop sequence;
/// such text comes with a later token. The texts of a stream, joined, are the whole output.
/// </param>
public readonly record struct GeneratedToken(int Id, string Text)
{
    /// <summary>Natural logarithm of the token's probability, where <see cref="GenerationOptions.LogProbabilities"/> asked for it.</summary>
    public float? LogProbability { get; init; }

    /// <summary>The most likely tokens at this place, best first, where <see cref="GenerationOptions.LogProbabilities"/> asked for them.</summary>
    public IReadOnlyList<TokenLogProbability>? Alternatives { get; init; }

    /// <summary>From the submission of the request to the end of the step that computed the token, whenever it is read.</summary>
    /// <remarks>The first token's is the time to first token; differences between neighbours are inter-token latencies.</remarks>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Set on the last token of a generation that ended by itself.</summary>
    public FinishReason? FinishReason { get; init; }
}
