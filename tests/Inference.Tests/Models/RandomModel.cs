namespace Inference.Tests.Models;

/// <summary>Random weights of a shape. Names and order of rows are those of Llama's checkpoints, one matrix a projection, whatever the family's own files do.</summary>
internal static class RandomModel
{
    private static readonly string[] _turned = [".q_proj.", ".k_proj.", ".q_norm.", ".k_norm."];

    public static Dictionary<string, PlainTensor> Create(PlainShape shape, int seed)
    {
        var random = new Random(seed);
        var weights = new Dictionary<string, PlainTensor>();
        PlainFamily facts = shape.Facts;
        // Embeddings that are multiplied are drawn smaller, or nothing that layers add would be seen.
        Matrix("model.embed_tokens.weight", shape.Vocabulary, shape.Width, 1 / shape.EmbeddingScale);
        if (facts.LearnsPositions)
            Matrix("model.embed_positions.weight", shape.Context, shape.Width, 1);
        if (!shape.IsTied)
            Matrix("lm_head.weight", shape.Vocabulary, shape.Width, 1);
        Norm("model.norm", shape.Width);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            foreach (string norm in facts.Norms)
                Norm(prefix + norm, shape.Width);
            // Larger queries and keys, so that attention is far from even and a wrong angle shows.
            Linear(prefix + "self_attn.", "q_proj", shape.Heads * shape.HeadSize, shape.Width, 2);
            Linear(prefix + "self_attn.", "k_proj", shape.KvHeads * shape.HeadSize, shape.Width, 2);
            Linear(prefix + "self_attn.", "v_proj", shape.KvHeads * shape.HeadSize, shape.Width, 1);
            Linear(prefix + "self_attn.", "o_proj", shape.Width, shape.Heads * shape.HeadSize, 1);
            if (facts.HasSinks)
                weights.Add(prefix + "self_attn.sinks", new PlainTensor([shape.Heads], Numbers(shape.Heads, 6, 6)));
            if (shape.HasExperts(layer))
            {
                // Scores far enough apart that experts get unequal shares.
                Linear(prefix + "mlp.", "router", shape.Experts, shape.Width, 2);
                for (int expert = 0; expert < shape.Experts; expert++)
                    Network($"{prefix}mlp.experts.{expert}.", shape.FeedForward);
            }
            else
            {
                Network(prefix + "mlp.", shape.Experts > 0 ? shape.DenseFeedForward : shape.FeedForward);
            }

            if (facts.HeadNorm != PlainHeadNorm.None)
            {
                bool whole = facts.HeadNorm == PlainHeadNorm.WholeProjection;
                Norm(prefix + "self_attn.q_norm", shape.HeadSize * (whole ? shape.Heads : 1));
                Norm(prefix + "self_attn.k_norm", shape.HeadSize * (whole ? shape.KvHeads : 1));
            }
        }

        return weights;

        void Network(string prefix, int between)
        {
            // The unit of gpt-oss clamps at 7: large enough numbers that some are clamped.
            double scale = facts.Activation == "clamped" ? 4 : 1;
            if (facts.IsGated)
                Linear(prefix, "gate_proj", between, shape.Width, scale);
            Linear(prefix, "up_proj", between, shape.Width, scale);
            Linear(prefix, "down_proj", shape.Width, between, 1 / scale);
        }

        void Linear(string prefix, string projection, int rows, int columns, double scale)
        {
            Matrix(prefix + projection + ".weight", rows, columns, scale);
            if (shape.HasBias(projection))
                weights.Add(prefix + projection + ".bias", new PlainTensor([rows], Numbers(rows, 0.5, 0)));
        }

        void Matrix(string name, int rows, int columns, double scale) =>
            weights.Add(name, new PlainTensor([rows, columns], Numbers(rows * columns, scale * Math.Sqrt(3.0 / columns), 0)));

        void Norm(string name, int length)
        {
            weights.Add(name + ".weight", new PlainTensor([length], Numbers(length, 0.5, facts.AddsOneToGains ? 0 : 1)));
            if (facts.CentersNorms)
                weights.Add(name + ".bias", new PlainTensor([length], Numbers(length, 0.5, 0)));
        }

        float[] Numbers(int count, double spread, double centre) =>
            [.. Enumerable.Range(0, count).Select(_ => (float)(centre + spread * (2 * random.NextDouble() - 1)))];
    }

    /// <summary>Orders the rows of query and key weights for neighbours as pairs, as GGUF files of the Llama family have them.</summary>
    public static Dictionary<string, PlainTensor> Interleave(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights) =>
        weights.ToDictionary(w => w.Key, w => _turned.Any(part => w.Key.Contains(part, StringComparison.Ordinal)) ? Interleave(shape, w.Value) : w.Value);

    private static PlainTensor Interleave(PlainShape shape, PlainTensor tensor)
    {
        int pairs = shape.Rope.Dimensions / 2;
        return PlainTensor.Concat(Enumerable.Range(0, tensor.Rows).Select(row =>
        {
            int element = row % shape.HeadSize;
            return tensor.Slice(row - element + (element >= 2 * pairs ? element : element / 2 + element % 2 * pairs), 1);
        }));
    }
}
