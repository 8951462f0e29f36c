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
    /// <summary>Factor on scores; null for 1 / sqrt(<see cref="HeadSize"/>).</summary>
    public double? AttentionScale { get; init; }

    /// <summary>Soft cap of scores; 0 for none.</summary>
    public double AttentionCap { get; init; }

    /// <summary>Soft cap of logits; 0 for none.</summary>
    public double LogitCap { get; init; }

    /// <summary>Factor on embeddings.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>Factor on what attention and feed-forward layers add to the stream.</summary>
    public double ResidualScale { get; init; } = 1;

    /// <summary>Divides logits.</summary>
    public double LogitDivisor { get; init; } = 1;

    /// <summary>Positions that a row of a local layer sees, its own included; null where all layers see everything.</summary>
    public int? Window { get; init; }

    /// <summary>Which layers have the window; empty for all.</summary>
    public bool[] LocalLayers { get; init; } = [];

    /// <summary>Which layers have no rotary embedding; empty for none.</summary>
    public bool[] RopelessLayers { get; init; } = [];

    /// <summary>The rotary embedding of local layers; null where it is that of the others.</summary>
    public RopeSettings? LocalRope { get; init; }

    /// <summary>Experts of a layer; 0 for none.</summary>
    public int Experts { get; init; }

    /// <summary>Experts that compute a row.</summary>
    public int ChosenExperts { get; init; }

    /// <summary>Whether the weights of a row's experts sum to 1.</summary>
    public bool NormalizesExperts { get; init; } = true;

    /// <summary>Elements between the layers of an expert.</summary>
    public int ExpertWidth { get; init; }

    /// <summary>Which layers have no experts in a model with experts; empty for none.</summary>
    public bool[] DenseLayers { get; init; } = [];

    /// <summary>The attention of layers that see everything.</summary>
    public AttentionShape Attention => new(Heads, KvHeads, HeadSize, AttentionScale is { } scale ? (float)scale : 1 / MathF.Sqrt(HeadSize)) { SoftCap = (float)AttentionCap };

    /// <summary>Whether a layer has the window.</summary>
    public bool IsLocal(int layer) => Window is not null && (LocalLayers.Length == 0 || LocalLayers[layer]);

    /// <summary>Whether a layer has a rotary embedding.</summary>
    public bool HasRope(int layer) => !Architecture.LearnsPositions && (RopelessLayers.Length == 0 || !RopelessLayers[layer]);

    /// <summary>Whether a layer has experts.</summary>
    public bool HasExperts(int layer) => Experts > 0 && (DenseLayers.Length == 0 || !DenseLayers[layer]);

    /// <summary>The same for an engine that allows contexts of so many tokens: some rotary embeddings depend on it.</summary>
    public DecoderConfig ForContext(int tokens) => this with { Rope = Rope.ForContext(tokens), LocalRope = LocalRope?.ForContext(tokens) };

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
        if (FindProblemOfExtras() is { } found)
            return found;
        if (Architecture.LearnsPositions)
            return null;
        return Rope.FindProblem(HeadSize) ?? LocalRope?.FindProblem(HeadSize);
    }

    private (string Member, string Problem)? FindProblemOfExtras()
    {
        if (AttentionScale is { } attention && !(attention is > 1e-30 and < 1e30))
            return (nameof(AttentionScale), $"a factor of {attention}");
        foreach ((string member, double factor) in new[] { (nameof(EmbeddingScale), EmbeddingScale), (nameof(ResidualScale), ResidualScale), (nameof(LogitDivisor), LogitDivisor) })
        {
            if (!(Math.Abs(factor) is > 1e-30 and < 1e30))
                return (member, $"a factor of {factor}");
        }

        foreach ((string member, double cap) in new[] { (nameof(AttentionCap), AttentionCap), (nameof(LogitCap), LogitCap) })
        {
            if (cap != 0 && !(cap is > 1e-6 and < 1e30))
                return (member, $"a soft cap of {cap}");
        }

        if (Window < 1)
            return (nameof(Window), $"a window of {Window} tokens");
        if (Experts is < 0 or > 4096)
            return (nameof(Experts), $"{Experts} experts");
        if (Experts > 0 && (ChosenExperts < 1 || ChosenExperts > Experts))
            return (nameof(ChosenExperts), $"{ChosenExperts} of {Experts} experts a token");
        return Experts > 0 && ExpertWidth is < 1 or > 1 << 18 ? (nameof(ExpertWidth), $"a feed-forward length of {ExpertWidth} of an expert") : null;
    }
}
