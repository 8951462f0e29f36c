using Inference.Execution;

namespace Inference.Models;

/// <summary>The dimensions of one model, read from its file.</summary>
/// <param name="Architecture">The family.</param>
/// <param name="Width">Elements of the residual stream.</param>
/// <param name="Layers">Decoder layers.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key-value heads.</param>
/// <param name="HeadSize">Elements a head.</param>
/// <param name="FeedForwardWidth">Elements between the feed-forward layers.</param>
/// <param name="ContextLength">Tokens the model was trained for.</param>
/// <param name="Epsilon">Of the normalisations.</param>
/// <param name="RopeKind">Which elements the rotary embedding pairs, in this file's order of rows.</param>
/// <param name="Rope">Base and scaling of the rotary embedding.</param>
internal sealed record DecoderConfig(
    DecoderArchitecture Architecture,
    int Width,
    int Layers,
    int Heads,
    int KvHeads,
    int HeadSize,
    int FeedForwardWidth,
    int ContextLength,
    float Epsilon,
    RopeKind RopeKind,
    RopeSettings Rope)
{
    public AttentionShape Attention { get; } = new(Heads, KvHeads, HeadSize, 1 / MathF.Sqrt(HeadSize));

    /// <summary>The first thing that no real model has, or null: files are untrusted, and sizes are computed from these.</summary>
    public string? FindProblem()
    {
        const int MostElements = 1 << 20;
        if (Layers is < 1 or > 4096)
            return $"{Layers} layers";
        if (Width is < 1 or > MostElements)
            return $"an embedding length of {Width}";
        if (FeedForwardWidth is < 1 or > MostElements)
            return $"a feed-forward length of {FeedForwardWidth}";
        if (Heads is < 1 or > 4096 || KvHeads < 1 || KvHeads > Heads || Heads % KvHeads != 0)
            return $"{Heads} heads over {KvHeads} key-value heads";
        if (HeadSize is < 2 or > 4096 || HeadSize % 2 != 0)
            return $"a head size of {HeadSize}";
        if (ContextLength < 1)
            return $"a context length of {ContextLength}";
        if (!(Epsilon >= 0) || Epsilon > 1)
            return $"a normalisation epsilon of {Epsilon}";
        return Rope.FindProblem(HeadSize);
    }
}
