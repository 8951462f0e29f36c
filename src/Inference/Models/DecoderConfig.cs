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

    /// <summary>Elements of a head where none are stated; 0 where the heads do not divide the width.</summary>
    public static int DefaultHeadSize(int width, int heads) => heads > 0 && width % heads == 0 ? width / heads : 0;

    /// <summary>The first thing that no real model has, with the member it is about, or null.</summary>
    /// <remarks>Files are untrusted, and sizes of memory are computed from these: the bounds are a few times what the largest known models have.</remarks>
    public (string Member, string Problem)? FindProblem()
    {
        const int MostElements = 1 << 18;
        if (Layers is < 1 or > 4096)
            return (nameof(Layers), $"{Layers} layers");
        if (Width is < 1 or > MostElements)
            return (nameof(Width), $"an embedding length of {Width}");
        if (FeedForwardWidth is < 1 or > MostElements)
            return (nameof(FeedForwardWidth), $"a feed-forward length of {FeedForwardWidth}");
        if (Heads is < 1 or > 4096)
            return (nameof(Heads), $"{Heads} heads");
        if (KvHeads < 1 || KvHeads > Heads || Heads % KvHeads != 0)
            return (nameof(KvHeads), $"{Heads} heads over {KvHeads} key-value heads");
        if (HeadSize == 0)
            return (nameof(HeadSize), $"an embedding length of {Width} over {Heads} heads of unstated size");
        if (HeadSize is < 2 or > 4096 || HeadSize % 2 != 0 || Heads * HeadSize > MostElements)
            return (nameof(HeadSize), $"{Heads} heads of {HeadSize}");
        if (ContextLength < 2)
            return (nameof(ContextLength), $"a context length of {ContextLength}");
        if (!(Epsilon >= 0) || Epsilon > 1)
            return (nameof(Epsilon), $"a normalisation epsilon of {Epsilon}");
        return Rope.FindProblem(HeadSize);
    }
}
