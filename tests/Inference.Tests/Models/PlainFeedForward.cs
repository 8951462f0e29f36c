namespace Inference.Tests.Models;

/// <summary>The layers between attention and attention: one network, or the chosen ones of several experts.</summary>
/// <remarks>Shazeer, GLU Variants (2020); Hendrycks and Gimpel, GELU (2016); Shazeer et al., Mixture-of-Experts (2017); Jiang et al., Mixtral (2024).</remarks>
internal static class PlainFeedForward
{
    /// <param name="weights">The layer's, from "mlp." on.</param>
    /// <param name="hasExperts">Whether this layer has experts.</param>
    /// <param name="x">What it reads.</param>
    public static double[] Compute(PlainWeights weights, bool hasExperts, double[] x) => hasExperts ? Experts(weights, x) : Network(weights, x);

    private static double[] Experts(PlainWeights weights, double[] x)
    {
        PlainShape shape = weights.Shape;
        double[] scores = weights.Linear("router", x);
        double sum = scores.Sum(Math.Exp);
        double[] probabilities = Array.ConvertAll(scores, s => Math.Exp(s) / sum);
        int[] chosen = [.. Enumerable.Range(0, shape.Experts).OrderByDescending(e => probabilities[e]).Take(shape.ChosenExperts)];
        double total = shape.NormalizesExperts ? chosen.Sum(e => probabilities[e]) : 1;

        double[] result = new double[x.Length];
        foreach (int expert in chosen)
            PlainMatrix.AddTo(result, PlainMatrix.Times(Network(weights.Part($"experts.{expert}."), x), probabilities[expert] / total));
        return result;
    }

    private static double[] Network(PlainWeights weights, double[] x)
    {
        string activation = weights.Shape.Facts.Activation;
        double[] up = weights.Linear("up_proj", x);
        if (!weights.Shape.Facts.IsGated)
            return weights.Linear("down_proj", Array.ConvertAll(up, u => Activate(activation, u)));

        double[] gate = weights.Linear("gate_proj", x);
        double[] between = new double[up.Length];
        for (int i = 0; i < between.Length; i++)
            between[i] = activation == "clamped" ? ClampedUnit(gate[i], up[i]) : Activate(activation, gate[i]) * up[i];
        return weights.Linear("down_proj", between);
    }

    private static double Activate(string name, double x) => name switch
    {
        "silu" => x / (1 + Math.Exp(-x)),
        "gelu_tanh" => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        "gelu" => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        _ => throw new ArgumentException(name),
    };

    // gpt-oss: limit 7, alpha 1.702, and one more than the linear part.
    private static double ClampedUnit(double gate, double up)
    {
        double g = Math.Min(gate, 7);
        double u = Math.Min(7, Math.Max(-7, up));
        return g / (1 + Math.Exp(-1.702 * g)) * (u + 1);
    }

    /// <summary>The error function by its power series, or beyond 3 by the continued fraction of its complement.</summary>
    internal static double Erf(double x)
    {
        double z = Math.Abs(x);
        if (z > 3)
        {
            double tail = 0;
            for (int k = 60; k > 0; k--)
                tail = k / 2.0 / (z + tail);
            return Math.Sign(x) * (1 - Math.Exp(-z * z) / ((z + tail) * Math.Sqrt(Math.PI)));
        }

        double term = x;
        double sum = x;
        for (int n = 1; n < 100; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
