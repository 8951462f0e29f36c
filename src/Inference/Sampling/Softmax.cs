using System.Numerics.Tensors;

namespace Inference.Sampling;

/// <summary>Unnormalised probabilities of logits: exp((logit - greatest) / temperature).</summary>
/// <param name="greatest">The greatest of the logits; finite.</param>
/// <param name="temperature">Above 0.</param>
internal readonly struct Softmax(float greatest, float temperature)
{
    private const int Chunk = 1024;

    // Below this every weight but the greatest's is 0 already, and the reciprocal must stay finite.
    private const float LowestTemperature = 1e-30f;

    private readonly float _scale = 1 / Math.Max(temperature, LowestTemperature);

    /// <summary>The weight of one logit; 1 for the greatest.</summary>
    public double Weight(float logit) => Math.Exp(((double)logit - greatest) * _scale);

    /// <summary>The logit that has a weight, as a lower bound: one with that weight or more is never below it.</summary>
    public float LogitOf(double weight)
    {
        // At great temperatures many logits round to one weight.
        double log = Math.Log(weight);
        double logit = greatest + (log - (1e-15 * (1 + Math.Abs(log)))) / _scale;
        return logit <= float.MinValue ? float.MinValue : MathF.BitDecrement((float)logit);
    }

    /// <summary>The sum of all weights.</summary>
    public double Sum(ReadOnlySpan<float> logits)
    {
        Span<float> weights = stackalloc float[Chunk];
        double sum = 0;
        for (int start = 0; start < logits.Length; start += Chunk)
            sum += TensorPrimitives.Sum(Weights(logits[start..], weights));
        return sum;
    }

    /// <summary>Computes all weights.</summary>
    /// <param name="logits">The logits, by token.</param>
    /// <param name="weights">Receives the weights, by token.</param>
    /// <returns>Their sum.</returns>
    public double Weigh(ReadOnlySpan<float> logits, Span<float> weights)
    {
        double sum = 0;
        for (int start = 0; start < logits.Length; start += Chunk)
            sum += TensorPrimitives.Sum(Weights(logits[start..], weights[start..]));
        return sum;
    }

    /// <summary>Computes the weights of some candidates.</summary>
    /// <param name="candidates">The candidates.</param>
    /// <param name="weights">Receives their weights, by token; the others stay.</param>
    public void Weigh(ReadOnlySpan<ulong> candidates, Span<float> weights)
    {
        foreach (ulong key in candidates)
            weights[Candidates.Token(key)] = (float)Weight(Candidates.Logit(key));
    }

    /// <summary>Finds the token at which the sum of weights, in the order of tokens, passes a point.</summary>
    /// <param name="weights">The weights, by token; not all 0.</param>
    /// <param name="point">The point, at least 0; the last possible token where the sum does not reach it.</param>
    /// <param name="scratch">Holds the sums of chunks, so that only one chunk is looked into.</param>
    public static int Find(ReadOnlySpan<float> weights, double point, SamplerScratch scratch)
    {
        Span<double> sums = scratch.Sums((weights.Length + Chunk - 1) / Chunk);
        for (int chunk = 0; chunk < sums.Length; chunk++)
            sums[chunk] = TensorPrimitives.Sum(weights.Slice(chunk * Chunk, Math.Min(Chunk, weights.Length - (chunk * Chunk))));

        int found = 0;
        while (point >= sums[found] && sums[(found + 1)..].ContainsAnyExcept(0))
            point -= sums[found++];

        // Rounding may leave something over at the end of a chunk: its last possible token then.
        ReadOnlySpan<float> possible = weights[(found * Chunk)..Math.Min((found + 1) * Chunk, weights.Length)];
        int last = possible.LastIndexOfAnyExcept(0);
        int token = 0;
        while (token < last && (point -= possible[token]) >= 0)
            token++;
        return found * Chunk + token;
    }

    private ReadOnlySpan<float> Weights(ReadOnlySpan<float> logits, Span<float> destination)
    {
        logits = logits[..Math.Min(Chunk, logits.Length)];
        destination = destination[..logits.Length];
        TensorPrimitives.Subtract(logits, greatest, destination);
        TensorPrimitives.Multiply(destination, _scale, destination);
        TensorPrimitives.Exp(destination, destination);
        return destination;
    }
}
