using System.Numerics.Tensors;

namespace Inference.Sampling;

/// <summary>Unnormalised probabilities of logits: exp((logit - greatest) / temperature).</summary>
/// <param name="greatest">The greatest of the logits; finite.</param>
/// <param name="temperature">Above 0.</param>
internal readonly struct Softmax(float greatest, float temperature)
{
    private const int Chunk = 1024;

    /// <summary>The weight of one logit; 1 for the greatest.</summary>
    public double Weight(float logit) => Math.Exp(((double)logit - greatest) / temperature);

    /// <summary>The logit that has a weight, as a lower bound: one with that weight or more is never below it.</summary>
    public float LogitOf(double weight)
    {
        double logit = greatest + temperature * Math.Log(weight);
        return logit <= float.MinValue ? float.MinValue : MathF.BitDecrement((float)logit);
    }

    /// <summary>The sum of all weights.</summary>
    public double Sum(ReadOnlySpan<float> logits)
    {
        Span<float> weights = stackalloc float[Chunk];
        double sum = 0;
        for (; !logits.IsEmpty; logits = logits[Math.Min(Chunk, logits.Length)..])
            sum += TensorPrimitives.Sum(Weights(logits, weights));
        return sum;
    }

    /// <summary>Draws one of all tokens.</summary>
    /// <param name="logits">The logits, by token.</param>
    /// <param name="random">In [0, 1).</param>
    public int Draw(ReadOnlySpan<float> logits, double random)
    {
        Span<float> weights = stackalloc float[Chunk];
        double left = random * Sum(logits);
        int last = 0;
        for (int start = 0; start < logits.Length; start += Chunk)
        {
            ReadOnlySpan<float> chunk = Weights(logits[start..], weights);
            float sum = TensorPrimitives.Sum(chunk);
            if (sum == 0)
                continue;

            // Rounding may leave something over where the chunk's sum said there was not: its last possible token then.
            bool ends = left < sum;
            for (int i = 0; i < chunk.Length; i++)
            {
                if (chunk[i] == 0)
                    continue;
                last = start + i;
                if (ends && (left -= chunk[i]) < 0)
                    return last;
            }

            if (ends)
                return last;
            left -= sum;
        }

        return last;
    }

    /// <summary>Draws one of some candidates.</summary>
    /// <param name="candidates">At least one.</param>
    /// <param name="random">In [0, 1).</param>
    public int Draw(ReadOnlySpan<ulong> candidates, double random)
    {
        double sum = 0;
        foreach (ulong key in candidates)
            sum += Weight(Candidates.Logit(key));

        double left = random * sum;
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
        TensorPrimitives.Divide(destination, temperature, destination);
        TensorPrimitives.Exp(destination, destination);
        return destination;
    }
}
