namespace Inference.Execution;

/// <summary>The dimensions and rules of one layer's attention.</summary>
/// <param name="Heads">Query heads; a multiple of <paramref name="KvHeads"/>. Head h reads key-value head h / (Heads / KvHeads).</param>
/// <param name="KvHeads">Key-value heads.</param>
/// <param name="HeadSize">Elements a head.</param>
/// <param name="Scale">Factor on the scores before the softmax, above 0; usually 1 / sqrt(HeadSize).</param>
public sealed record AttentionShape(int Heads, int KvHeads, int HeadSize, float Scale)
{
    /// <summary>Positions that a row sees, its own and those before it, at least 1; null for all. A row at p sees p - Window + 1 to p.</summary>
    public int? Window { get; init; }

    /// <summary>Caps scaled scores softly: cap x tanh(score / cap), before the softmax. 0 for none.</summary>
    public float SoftCap { get; init; }
}
