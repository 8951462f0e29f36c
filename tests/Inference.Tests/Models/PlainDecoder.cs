namespace Inference.Tests.Models;

/// <summary>A forward pass in float64, written from papers and model cards: no batches, no pages, no kernels.</summary>
/// <param name="shape">The model card.</param>
/// <param name="weights">Weights by the names that <see cref="RandomModel"/> gives them.</param>
/// <param name="interleaved">Whether rows of query and key weights are ordered for neighbours as pairs, rather than for halves.</param>
internal sealed class PlainDecoder(PlainShape shape, IReadOnlyDictionary<string, PlainTensor> weights, bool interleaved = false)
{
    private readonly PlainWeights _weights = new(shape, weights, "model.");

    /// <summary>The logits after each token.</summary>
    public double[][] Logits(ReadOnlySpan<int> tokens) => Array.ConvertAll(Stream(tokens), Head);

    /// <summary>The logits after the last token.</summary>
    public double[] LastLogits(ReadOnlySpan<int> tokens) => Head(Stream(tokens)[^1]);

    private double[][] Stream(ReadOnlySpan<int> tokens)
    {
        double[][] stream = new double[tokens.Length][];
        for (int t = 0; t < stream.Length; t++)
            stream[t] = Embed(tokens[t], t);
        for (int layer = 0; layer < shape.Layers; layer++)
            AddLayer(stream, layer);
        return stream;
    }

    private double[] Embed(int token, int position)
    {
        double[] x = PlainMatrix.Times(PlainMatrix.Row(_weights["embed_tokens.weight"], token), shape.EmbeddingScale * (shape.Facts.ScalesEmbedding ? Math.Sqrt(shape.Width) : 1));
        if (shape.Facts.LearnsPositions)
            PlainMatrix.AddTo(x, PlainMatrix.Row(_weights["embed_positions.weight"], position));
        return x;
    }

    private void AddLayer(double[][] stream, int layer)
    {
        PlainFamily facts = shape.Facts;
        PlainWeights part = _weights.Part($"layers.{layer}.");
        double[][] attended = new PlainAttention(part.Part("self_attn."), layer, interleaved).Attend(Array.ConvertAll(stream, x => part.Normalize(facts.AttentionNorm, x)));
        for (int t = 0; t < stream.Length; t++)
        {
            double[] attention = PlainMatrix.Times(part.Normalize(facts.AfterAttention, attended[t]), shape.ResidualScale);
            double[] read = [.. stream[t]];
            PlainMatrix.AddTo(stream[t], attention);
            double[] computed = PlainFeedForward.Compute(part.Part("mlp."), shape.HasExperts(layer), part.Normalize(facts.FeedForwardNorm, facts.IsParallel ? read : stream[t]));
            PlainMatrix.AddTo(stream[t], PlainMatrix.Times(part.Normalize(facts.AfterFeedForward, computed), shape.ResidualScale));
        }
    }

    private double[] Head(double[] x)
    {
        PlainTensor head = weights.TryGetValue("lm_head.weight", out PlainTensor? own) ? own : _weights["embed_tokens.weight"];
        double[] logits = PlainMatrix.Multiply(head, _weights.Normalize("norm", x));
        return Array.ConvertAll(logits, l => PlainMatrix.Cap(l / shape.LogitDivisor, shape.LogitCap));
    }
}
