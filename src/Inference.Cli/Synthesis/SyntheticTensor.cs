namespace Inference.Cli.Synthesis;

/// <summary>A tensor to invent.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Shape">[rows, columns] of a matrix, [experts, rows, columns] of the experts' matrices, [length] of a vector.</param>
internal readonly record struct SyntheticTensor(string Name, long[] Shape)
{
    public bool IsMatrix => Shape.Length > 1;

    public long Elements => Shape.Aggregate(1L, (product, n) => product * n);

    public long Columns => Shape[^1];

    /// <summary>The standard deviation that keeps a normalised input's size through the layer.</summary>
    public float Deviation => 1 / MathF.Sqrt(Columns);

    /// <summary>All tensors of a model in the order of GGUF files, but for the divisors of the rotary embedding.</summary>
    public static IEnumerable<SyntheticTensor> Of(ModelShape shape)
    {
        long queries = (long)shape.Heads * shape.HeadSize;
        long keys = (long)shape.KeyValueHeads * shape.HeadSize;
        yield return new("token_embd.weight", [shape.Vocabulary, shape.Width]);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string block = $"blk.{layer}.";
            yield return new(block + "attn_norm.weight", [shape.Width]);
            yield return new(block + "attn_q.weight", [queries, shape.Width]);
            yield return new(block + "attn_k.weight", [keys, shape.Width]);
            yield return new(block + "attn_v.weight", [keys, shape.Width]);
            if (shape.NormalizesHeads)
            {
                yield return new(block + "attn_q_norm.weight", [shape.HeadSize]);
                yield return new(block + "attn_k_norm.weight", [shape.HeadSize]);
            }

            yield return new(block + "attn_output.weight", [shape.Width, queries]);
            if (shape.NormalizesResults)
                yield return new(block + "post_attention_norm.weight", [shape.Width]);
            yield return new(block + "ffn_norm.weight", [shape.Width]);
            foreach (SyntheticTensor tensor in shape.Experts > 0 ? Mixture(shape, block) : FeedForward(shape, block))
                yield return tensor;
            if (shape.NormalizesResults)
                yield return new(block + "post_ffw_norm.weight", [shape.Width]);
        }

        yield return new("output_norm.weight", [shape.Width]);
        if (!shape.TiedHead)
            yield return new("output.weight", [shape.Vocabulary, shape.Width]);
    }
    private static SyntheticTensor[] FeedForward(ModelShape shape, string block) =>
    [
        new(block + "ffn_gate.weight", [shape.FeedForward, shape.Width]),
        new(block + "ffn_up.weight", [shape.FeedForward, shape.Width]),
        new(block + "ffn_down.weight", [shape.Width, shape.FeedForward]),
    ];

    private static SyntheticTensor[] Mixture(ModelShape shape, string block) =>
    [
        new(block + "ffn_gate_inp.weight", [shape.Experts, shape.Width]),
        new(block + "ffn_gate_exps.weight", [shape.Experts, shape.FeedForward, shape.Width]),
        new(block + "ffn_up_exps.weight", [shape.Experts, shape.FeedForward, shape.Width]),
        new(block + "ffn_down_exps.weight", [shape.Experts, shape.Width, shape.FeedForward]),
    ];
}
