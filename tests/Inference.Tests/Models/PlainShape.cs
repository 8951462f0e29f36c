namespace Inference.Tests.Models;

/// <summary>What a model card says, in plain numbers.</summary>
/// <param name="Family">A name that <see cref="PlainFamily"/> knows.</param>
/// <param name="Width">Of the residual stream.</param>
/// <param name="Layers">Of the decoder.</param>
/// <param name="Heads">Of queries.</param>
/// <param name="KvHeads">Of keys and values.</param>
/// <param name="HeadSize">Elements a head.</param>
/// <param name="FeedForward">Width between, of one expert where there are experts.</param>
/// <param name="Rope">The rotary embedding.</param>
public sealed record PlainShape(string Family, int Width, int Layers, int Heads, int KvHeads, int HeadSize, int FeedForward, PlainRope Rope)
{
    public int Vocabulary { get; init; } = 517;

    public double Epsilon { get; init; } = 1e-5;

    public bool IsTied { get; init; }

    /// <summary>Biases wherever the family's configuration can switch them on.</summary>
    public bool HasAllBiases { get; init; }

    public int Context { get; init; } = 256;

    /// <summary>Positions that a layer with a window sees, its own among them; 0 where all layers see everything.</summary>
    public int Window { get; init; }

    /// <summary>Of so many layers in turn, the last one sees everything; 0 where all have the window.</summary>
    public int GlobalEvery { get; init; }

    /// <summary>Layers before this one see everything.</summary>
    public int FirstLocal { get; init; }

    /// <summary>The rotary embedding of layers with a window, where it is another one.</summary>
    public PlainRope? LocalRope { get; init; }

    /// <summary>Of so many layers in turn, the last one has no rotary embedding; 0 where all have it.</summary>
    public int RopelessEvery { get; init; }

    /// <summary>Factor on the products of queries and keys; null for 1 / sqrt(head size).</summary>
    public double? AttentionScale { get; init; }

    /// <summary>Scores go through cap x tanh(score / cap); 0 for none.</summary>
    public double AttentionCap { get; init; }

    /// <summary>The same for logits.</summary>
    public double LogitCap { get; init; }

    public double EmbeddingScale { get; init; } = 1;

    /// <summary>Factor on what attention and feed-forward layers add.</summary>
    public double ResidualScale { get; init; } = 1;

    public double LogitDivisor { get; init; } = 1;

    public int Experts { get; init; }

    public int ChosenExperts { get; init; }

    /// <summary>Whether the probabilities of the chosen experts are divided by their sum.</summary>
    public bool NormalizesExperts { get; init; } = true;

    /// <summary>Layers without experts, in a model that has some.</summary>
    public int[] DenseLayers { get; init; } = [];

    /// <summary>Width between, of the layers without experts.</summary>
    public int DenseFeedForward { get; init; }

    public PlainFamily Facts => PlainFamily.Of(Family);

    public bool IsLocal(int layer) => Window > 0 && layer >= FirstLocal && (GlobalEvery == 0 || layer % GlobalEvery != GlobalEvery - 1);

    public PlainRope? RopeOf(int layer)
    {
        if (Facts.LearnsPositions || (RopelessEvery > 0 && layer % RopelessEvery == RopelessEvery - 1))
            return null;
        return IsLocal(layer) && LocalRope is { } local ? local : Rope;
    }

    public bool HasExperts(int layer) => Experts > 0 && !DenseLayers.Contains(layer);

    public bool HasBias(string projection) => Facts.Biases.Contains(projection) || (HasAllBiases && projection != "router");
}
