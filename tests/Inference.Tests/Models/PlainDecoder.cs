namespace Inference.Tests.Models;

/// <summary>A forward pass in float64, written from the papers: no batches, no pages, no kernels.</summary>
/// <remarks>
/// Touvron et al., LLaMA (2023); Su et al., RoFormer (2021); Zhang and Sennrich, RMSNorm (2019); Shazeer, GLU Variants (2020);
/// Ainslie et al., GQA (2023); Yang et al., Qwen2 (2024) and Qwen3 (2025).
/// </remarks>
/// <param name="shape">The model card.</param>
/// <param name="weights">Weights by their names in checkpoints.</param>
/// <param name="interleaved">Whether rows of query and key weights are ordered for neighbours as pairs, rather than for halves.</param>
internal sealed class PlainDecoder(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights, bool interleaved = false)
{
    /// <summary>The logits after each token.</summary>
    public double[][] Logits(ReadOnlySpan<int> tokens)
    {
        double[][] stream = new double[tokens.Length][];
        for (int t = 0; t < tokens.Length; t++)
            stream[t] = Row(weights["model.embed_tokens.weight"], tokens[t]);

        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            double[][] attended = Attend(stream, prefix + "self_attn.", weights[prefix + "input_layernorm.weight"]);
            for (int t = 0; t < stream.Length; t++)
            {
                AddTo(stream[t], attended[t]);
                AddTo(stream[t], FeedForward(Normalize(stream[t], weights[prefix + "post_attention_layernorm.weight"]), prefix + "mlp."));
            }
        }

        PlainTensor head = weights.TryGetValue("lm_head.weight", out PlainTensor? own) ? own : weights["model.embed_tokens.weight"];
        return Array.ConvertAll(stream, x => Multiply(head, Normalize(x, weights["model.norm.weight"])));
    }

    private double[][] Attend(double[][] stream, string prefix, PlainTensor gain)
    {
        int size = shape.HeadSize;
        double[][] queries = new double[stream.Length][];
        double[][] keys = new double[stream.Length][];
        double[][] values = new double[stream.Length][];
        for (int t = 0; t < stream.Length; t++)
        {
            double[] x = Normalize(stream[t], gain);
            queries[t] = Linear(prefix + "q_proj", x);
            keys[t] = Linear(prefix + "k_proj", x);
            values[t] = Linear(prefix + "v_proj", x);
            if (shape.NormalizesHeads)
            {
                NormalizeHeads(queries[t], weights[prefix + "q_norm.weight"]);
                NormalizeHeads(keys[t], weights[prefix + "k_norm.weight"]);
            }

            Rotate(queries[t], t);
            Rotate(keys[t], t);
        }

        double[][] result = new double[stream.Length][];
        for (int t = 0; t < stream.Length; t++)
        {
            double[] heads = new double[shape.Heads * size];
            for (int h = 0; h < shape.Heads; h++)
            {
                int kv = h / (shape.Heads / shape.KvHeads);
                double[] scores = new double[t + 1];
                for (int s = 0; s <= t; s++)
                {
                    for (int i = 0; i < size; i++)
                        scores[s] += queries[t][h * size + i] * keys[s][kv * size + i];
                    scores[s] /= Math.Sqrt(size);
                }

                double most = scores.Max();
                double sum = scores.Sum(s => Math.Exp(s - most));
                for (int s = 0; s <= t; s++)
                {
                    for (int i = 0; i < size; i++)
                        heads[h * size + i] += Math.Exp(scores[s] - most) / sum * values[s][kv * size + i];
                }
            }

            result[t] = Linear(prefix + "o_proj", heads);
        }

        return result;
    }

    private double[] FeedForward(double[] x, string prefix)
    {
        double[] gate = Linear(prefix + "gate_proj", x);
        double[] up = Linear(prefix + "up_proj", x);
        for (int i = 0; i < gate.Length; i++)
            gate[i] = gate[i] / (1 + Math.Exp(-gate[i])) * up[i];
        return Linear(prefix + "down_proj", gate);
    }

    private void Rotate(double[] heads, int position)
    {
        PlainRope rope = shape.Rope;
        int pairs = rope.Dimensions / 2;
        for (int start = 0; start < heads.Length; start += shape.HeadSize)
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                int a = start + (interleaved ? 2 * pair : pair);
                int b = start + (interleaved ? 2 * pair + 1 : pair + pairs);
                double angle = position * rope.Frequency(pair);
                (double cos, double sin) = (Math.Cos(angle) * rope.Magnitude, Math.Sin(angle) * rope.Magnitude);
                (heads[a], heads[b]) = (heads[a] * cos - heads[b] * sin, heads[a] * sin + heads[b] * cos);
            }
        }
    }

    private void NormalizeHeads(double[] heads, PlainTensor gain)
    {
        for (int start = 0; start < heads.Length; start += shape.HeadSize)
            Normalize(heads[start..(start + shape.HeadSize)], gain).CopyTo(heads, start);
    }

    private double[] Normalize(double[] x, PlainTensor gain)
    {
        double scale = 1 / Math.Sqrt(x.Sum(v => v * v) / x.Length + shape.Epsilon);
        return [.. x.Select((v, i) => v * scale * gain.Values[i])];
    }

    private double[] Linear(string name, double[] x)
    {
        double[] y = Multiply(weights[name + ".weight"], x);
        if (weights.TryGetValue(name + ".bias", out PlainTensor? bias))
            AddTo(y, Array.ConvertAll(bias.Values, v => (double)v));
        return y;
    }

    private static double[] Multiply(PlainTensor matrix, double[] x)
    {
        double[] y = new double[matrix.Shape[0]];
        for (int row = 0; row < y.Length; row++)
        {
            ReadOnlySpan<float> w = matrix.Values.AsSpan(row * x.Length, x.Length);
            for (int i = 0; i < w.Length; i++)
                y[row] += w[i] * x[i];
        }

        return y;
    }

    private static double[] Row(PlainTensor table, int row)
    {
        int columns = (int)table.Shape[1];
        return Array.ConvertAll(table.Values[(row * columns)..((row + 1) * columns)], v => (double)v);
    }

    private static void AddTo(double[] x, double[] y)
    {
        for (int i = 0; i < x.Length; i++)
            x[i] += y[i];
    }
}
