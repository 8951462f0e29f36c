namespace Inference.Tests.Models;

/// <summary>Causal self-attention over the whole history, one head and one token at a time.</summary>
/// <remarks>
/// Vaswani et al. (2017); Ainslie et al., GQA (2023); Beltagy et al., Longformer (2020) for windows; Xiao et al., StreamingLLM (2023)
/// and the gpt-oss model card for sinks; Henry et al., Query-Key Normalization (2020).
/// </remarks>
internal sealed class PlainAttention(PlainWeights weights, int layer, bool interleaved)
{
    private readonly PlainShape _shape = weights.Shape;

    /// <summary>What attention adds to each token.</summary>
    /// <param name="inputs">What it reads, by token.</param>
    public double[][] Attend(double[][] inputs)
    {
        double[][] queries = [.. inputs.Select((x, t) => Turned("q", x, t))];
        double[][] keys = [.. inputs.Select((x, t) => Turned("k", x, t))];
        double[][] values = Array.ConvertAll(inputs, x => weights.Linear("v_proj", x));
        return [.. inputs.Select((_, t) => weights.Linear("o_proj", Mix(queries[t], keys, values, t)))];
    }

    private double[] Turned(string part, double[] x, int position)
    {
        double[] heads = weights.Linear(part + "_proj", x);
        if (_shape.Facts.HeadNorm == PlainHeadNorm.WholeProjection)
            heads = weights.Normalize(part + "_norm", heads);
        for (int start = 0; start < heads.Length; start += _shape.HeadSize)
        {
            double[] head = heads[start..(start + _shape.HeadSize)];
            if (_shape.Facts.HeadNorm == PlainHeadNorm.EachHead)
                head = weights.Normalize(part + "_norm", head);
            _shape.RopeOf(layer)?.Rotate(head, position, interleaved);
            head.CopyTo(heads, start);
        }

        return heads;
    }

    private double[] Mix(double[] query, double[][] keys, double[][] values, int t)
    {
        int size = _shape.HeadSize;
        double[] result = new double[_shape.Heads * size];
        int first = _shape.IsLocal(layer) ? Math.Max(0, t - _shape.Window + 1) : 0;
        for (int h = 0; h < _shape.Heads; h++)
        {
            int kv = h / (_shape.Heads / _shape.KvHeads);
            double[] scores = new double[t + 1 - first];
            for (int s = first; s <= t; s++)
            {
                double product = 0;
                for (int i = 0; i < size; i++)
                    product += query[h * size + i] * keys[s][kv * size + i];
                scores[s - first] = PlainMatrix.Cap(product * (_shape.AttentionScale ?? 1 / Math.Sqrt(size)), _shape.AttentionCap);
            }

            double? sink = weights.Find("sinks")?.Values[h];
            double most = Math.Max(scores.Max(), sink ?? double.NegativeInfinity);
            double sum = scores.Sum(s => Math.Exp(s - most)) + (sink is { } logit ? Math.Exp(logit - most) : 0);
            for (int s = first; s <= t; s++)
            {
                for (int i = 0; i < size; i++)
                    result[h * size + i] += Math.Exp(scores[s - first] - most) / sum * values[s][kv * size + i];
            }
        }

        return result;
    }
}
