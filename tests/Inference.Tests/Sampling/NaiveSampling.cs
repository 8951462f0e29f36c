using Inference.Sampling;

namespace Inference.Tests.Sampling;

/// <summary>What the sampler must compute, in the plainest way: everything sorted, in double.</summary>
internal static class NaiveSampling
{
    public static double[] Probabilities(ReadOnlySpan<float> logits, double temperature)
    {
        double greatest = double.NegativeInfinity;
        foreach (float logit in logits)
            greatest = Math.Max(greatest, logit);
        double[] weights = new double[logits.Length];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = Math.Exp((logits[i] - greatest) / temperature);
        double sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }

    /// <summary>The kept tokens, and whether the cut lies too close to a boundary for rounding to be excluded.</summary>
    public static (HashSet<int> Kept, bool Close) Filter(SamplingParameters parameters, float[] logits)
    {
        double[] p = Probabilities(logits, parameters.Temperature);
        int[] order = [.. Enumerable.Range(0, logits.Length).Where(i => float.IsFinite(logits[i])).OrderByDescending(i => logits[i]).ThenBy(i => i)];
        if (parameters.TopK > 0)
            order = [.. order.Take(parameters.TopK)];
        bool close = false;
        if (parameters.TopP < 1)
        {
            double sum = order.Sum(i => p[i]);
            double reached = 0;
            int kept = 0;
            while (kept < order.Length && reached < parameters.TopP * sum)
            {
                reached += p[order[kept++]];
                close |= Math.Abs(reached - parameters.TopP * sum) < 1e-5 * sum;
            }

            order = [.. order.Take(kept)];
        }

        if (parameters.MinP > 0)
        {
            double least = parameters.MinP * p[order[0]];
            close |= order.Any(i => Math.Abs(p[i] - least) < 1e-9 * least && i != order[0]);
            order = [.. order.Where(i => p[i] >= least)];
        }

        return ([.. order], close);
    }
}
