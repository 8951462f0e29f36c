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
        double logit = greatest + Math.Log(weight) / _scale;
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

    /// <summary>The sum of the candidates' weights.</summary>
    public double Sum(ReadOnlySpan<ulong> candidates)
    {
        double sum = 0;
        foreach (ulong key in candidates)
            sum += Weight(Candidates.Logit(key));
        return sum;
    }

    /// <summary>Draws one of all tokens.</summary>
    /// <param name="logits">The logits, by token.</param>
    /// <param name="random">In [0, 1).</param>
    /// <param name="scratch">Holds the sums of chunks, so that only one chunk is looked into.</param>
    public int Draw(ReadOnlySpan<float> logits, double random, SamplerScratch scratch)
    {
        Span<float> weights = stackalloc float[Chunk];
        Span<double> sums = scratch.Sums((logits.Length + Chunk - 1) / Chunk);
        double total = 0;
        for (int chunk = 0; chunk < sums.Length; chunk++)
            total += sums[chunk] = TensorPrimitives.Sum(Weights(logits[(chunk * Chunk)..], weights));

        double left = random * total;
        int drawn = 0;
        while (left >= sums[drawn] && sums[(drawn + 1)..].ContainsAnyExcept(0))
            left -= sums[drawn++];

        // Rounding may leave something over at the end of a chunk: its last possible token then.
        ReadOnlySpan<float> possible = Weights(logits[(drawn * Chunk)..], weights);
        int last = possible.LastIndexOfAnyExcept(0);
        int token = 0;
        while (token < last && (left -= possible[token]) >= 0)
            token++;
        return drawn * Chunk + token;
    }

    /// <summary>Draws one of some candidates.</summary>
    /// <param name="candidates">At least one.</param>
    /// <param name="random">In [0, 1).</param>
    public int Draw(ReadOnlySpan<ulong> candidates, double random)
    {
        double left = random * Sum(candidates);
        foreach (ulong key in candidates)
        {
            left -= Weight(Candidates.Logit(key));
            if (left < 0)
                return Candidates.Token(key);
        }

        // Only rounding comes here, at the very end of the sum; the first one always has a weight.
        return Candidates.Token(candidates[0]);
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
