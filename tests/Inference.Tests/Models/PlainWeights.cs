namespace Inference.Tests.Models;

/// <summary>The weights of one part of a model, by the ends of their names.</summary>
internal sealed class PlainWeights(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights, string prefix)
{
    public PlainShape Shape => shape;

    public PlainTensor this[string name] => weights[prefix + name];

    public PlainTensor? Find(string name) => weights.GetValueOrDefault(prefix + name);

    public PlainWeights Part(string name) => new(shape, weights, prefix + name);

    /// <summary>W x + b.</summary>
    public double[] Linear(string name, double[] x)
    {
        double[] y = PlainMatrix.Multiply(this[name + ".weight"], x);
        if (Find(name + ".bias") is { } bias)
            PlainMatrix.AddTo(y, PlainMatrix.Widen(bias));
        return y;
    }

    /// <summary>The norm of that name, or what it would have normalised where the family has none there.</summary>
    public double[] Normalize(string? name, double[] x)
    {
        if (name is null)
            return x;
        double mean = shape.Facts.CentersNorms ? x.Average() : 0;
        double scale = 1 / Math.Sqrt(x.Sum(v => (v - mean) * (v - mean)) / x.Length + shape.Epsilon);
        PlainTensor gain = this[name + ".weight"];
        double[] y = [.. x.Select((v, i) => (v - mean) * scale * ((shape.Facts.AddsOneToGains ? 1 : 0) + gain.Values[i]))];
        if (shape.Facts.CentersNorms)
            PlainMatrix.AddTo(y, PlainMatrix.Widen(this[name + ".bias"]));
        return y;
    }
}
