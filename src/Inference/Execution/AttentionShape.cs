namespace Inference.Execution;

/// <summary>The dimensions and rules of one layer's attention.</summary>
/// <param name="Heads">Query heads; a multiple of <paramref name="KvHeads"/>. Head h reads key-value head h / (Heads / KvHeads).</param>
/// <param name="KvHeads">Key-value heads.</param>
/// <param name="HeadSize">Elements a head.</param>
/// <param name="Scale">Factor on the scores before the softmax, usually 1 / sqrt(HeadSize).</param>
public sealed record AttentionShape(int Heads, int KvHeads, int HeadSize, float Scale);
