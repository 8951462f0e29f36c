using Inference.Tokenization;

namespace Inference.Cli.Evaluation;

/// <summary>How well a model predicts a text.</summary>
/// <param name="NegativeLogLikelihood">The mean over the scored tokens, in nats.</param>
/// <param name="StandardError">Of the perplexity, from the spread of the tokens' likelihoods.</param>
/// <param name="Chunks">How many stretches of the text were scored.</param>
/// <param name="ScoredTokens">How many tokens in them.</param>
internal sealed record Perplexity(double NegativeLogLikelihood, double StandardError, int Chunks, long ScoredTokens)
{
    /// <summary>The exponential of the mean.</summary>
    public double Value => Math.Exp(NegativeLogLikelihood);

    /// <summary>Scores the second half of each chunk of a text.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="text">The text, as UTF-8.</param>
    /// <param name="chunkLength">Tokens of a chunk; at most what the engine's context holds.</param>
    /// <param name="mostChunks">How many chunks to score at most; null for all.</param>
    /// <param name="together">How many to compute at the same time.</param>
    /// <param name="progress">Told the fraction done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Perplexity> MeasureAsync(
        InferenceEngine engine, byte[] text, int chunkLength, int? mostChunks, int together, IProgress<double> progress, CancellationToken cancellationToken)
    {
        Tokenizer tokenizer = engine.Tokenizer;
        int[] tokens = tokenizer.Encode(text, addSpecial: true);
        int count = Math.Min(tokens.Length / chunkLength, mostChunks ?? int.MaxValue);
        if (count == 0)
            throw new UserErrorException($"The text has {tokens.Length} tokens; one chunk takes {chunkLength} (--context).");

        // Each token is scored by the logits of the one before it; the one in the middle is the first that scores another.
        int from = (chunkLength / 2) + 1;
        var scores = new float[count][];
        int done = 0;
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = together, CancellationToken = cancellationToken }, async (i, cancel) =>
        {
            int[] chunk = tokens[(i * chunkLength)..((i + 1) * chunkLength)];
            if (tokenizer.AddsBeginOfText)
                chunk[0] = tokenizer.BeginOfText!.Value;
            scores[i] = await engine.ScoreAsync(chunk, from, cancel);
            progress.Report((double)Interlocked.Increment(ref done) / count);
        });
        return Of(scores);
    }

    private static Perplexity Of(float[][] scores)
    {
        double sum = 0, squares = 0;
        long count = 0;
        // In the text's order, so that the last digit does not depend on who was done first.
        foreach (float score in scores.SelectMany(chunk => chunk))
        {
            sum -= score;
            squares += (double)score * score;
            count++;
        }

        double mean = sum / count;
        double variance = Math.Max(0, (squares / count) - (mean * mean));
        double error = count > 1 ? Math.Sqrt(variance / (count - 1)) : 0;
        return new Perplexity(mean, Math.Exp(mean) * error, scores.Length, count);
    }
}
