namespace Inference;

/// <content>How likely the model finds a text.</content>
public sealed partial class InferenceEngine
{
    /// <summary>The probabilities of given tokens after others.</summary>
    /// <param name="tokens">The tokens, taken as they are.</param>
    /// <param name="from">The first of them to score, at least 1; all tokens before are its context, and each scored token is that of those after it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The natural logarithm of each scored token's probability.</returns>
    /// <remarks>Waits for a place in the queue; computed beside all other requests. Throws what <see cref="SubmitAsync"/> throws.</remarks>
    internal async Task<float[]> ScoreAsync(ReadOnlyMemory<int> tokens, int from, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, tokens.Length);
        int[] scored = tokens[from..].ToArray();
        var options = new GenerationOptions { Forced = scored, MaxOutputTokens = scored.Length, LogProbabilities = 0, IgnoreEndOfText = true };
        Generation generation = await SubmitAsync(tokens[..from], options, cancellationToken).ConfigureAwait(false);
        var scores = new float[scored.Length];
        int count = 0;
        await foreach (GeneratedToken token in generation.WithCancellation(cancellationToken).ConfigureAwait(false))
            scores[count++] = token.LogProbability!.Value;
        return count == scores.Length ? scores : throw new ContextLengthExceededException(tokens.Length, ContextLength);
    }
}
