namespace Inference.Tests.Models;

/// <summary>Random weights of a shape, under the names and in the order of rows that checkpoints have.</summary>
internal static class RandomModel
{
    private static readonly string[] _turned = [".q_proj.", ".k_proj.", ".q_norm.", ".k_norm."];

    public static Dictionary<string, PlainTensor> Create(PlainShape shape, int seed)
    {
        var random = new Random(seed);
        var weights = new Dictionary<string, PlainTensor>();
        Matrix("model.embed_tokens.weight", shape.Vocabulary, shape.Width, 1);
        if (!shape.IsTied)
            Matrix("lm_head.weight", shape.Vocabulary, shape.Width, 1);
        Gain("model.norm.weight", shape.Width);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            Gain(prefix + "input_layernorm.weight", shape.Width);
            Gain(prefix + "post_attention_layernorm.weight", shape.Width);
            // Larger queries and keys, so that attention is far from even and a wrong angle shows.
            Linear(prefix + "self_attn.", "q_proj", shape.Heads * shape.HeadSize, shape.Width, 2);
            Linear(prefix + "self_attn.", "k_proj", shape.KvHeads * shape.HeadSize, shape.Width, 2);
            Linear(prefix + "self_attn.", "v_proj", shape.KvHeads * shape.HeadSize, shape.Width, 1);
            Linear(prefix + "self_attn.", "o_proj", shape.Width, shape.Heads * shape.HeadSize, 1);
            Linear(prefix + "mlp.", "gate_proj", shape.FeedForward, shape.Width, 1);
            Linear(prefix + "mlp.", "up_proj", shape.FeedForward, shape.Width, 1);
            Linear(prefix + "mlp.", "down_proj", shape.Width, shape.FeedForward, 1);
            if (shape.NormalizesHeads)
            {
                Gain(prefix + "self_attn.q_norm.weight", shape.HeadSize);
                Gain(prefix + "self_attn.k_norm.weight", shape.HeadSize);
            }
        }

        return weights;

        void Linear(string prefix, string projection, int rows, int columns, double scale)
        {
            Matrix(prefix + projection + ".weight", rows, columns, scale);
            if (shape.HasBias(projection))
                weights.Add(prefix + projection + ".bias", new PlainTensor([rows], Numbers(rows, 0.5, 0)));
        }

        void Matrix(string name, int rows, int columns, double scale) =>
            weights.Add(name, new PlainTensor([rows, columns], Numbers(rows * columns, scale * Math.Sqrt(3.0 / columns), 0)));

        void Gain(string name, int length) => weights.Add(name, new PlainTensor([length], Numbers(length, 0.5, 1)));

        float[] Numbers(int count, double spread, double centre) =>
            [.. Enumerable.Range(0, count).Select(_ => (float)(centre + spread * (2 * random.NextDouble() - 1)))];
    }

    /// <summary>Orders the rows of query and key weights for neighbours as pairs, as GGUF files of the Llama family have them.</summary>
    public static Dictionary<string, PlainTensor> Interleave(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights) =>
        weights.ToDictionary(w => w.Key, w => _turned.Any(part => w.Key.Contains(part, StringComparison.Ordinal)) ? Interleave(shape, w.Value) : w.Value);

    private static PlainTensor Interleave(PlainShape shape, PlainTensor tensor)
    {
        int rows = (int)tensor.Shape[0];
        int columns = tensor.Values.Length / rows;
        int pairs = shape.Rope.Dimensions / 2;
        float[] values = new float[tensor.Values.Length];
        for (int row = 0; row < rows; row++)
        {
            int element = row % shape.HeadSize;
            int source = row - element + (element >= 2 * pairs ? element : element / 2 + element % 2 * pairs);
            tensor.Values.AsSpan(source * columns, columns).CopyTo(values.AsSpan(row * columns));
        }

        return tensor with { Values = values };
    }
}
