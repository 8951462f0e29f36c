using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>What sets one family of decoders apart from another: data, not code. Numbers that differ within a family are a <see cref="DecoderConfig"/>'s.</summary>
/// <param name="Name">The name in GGUF files (general.architecture).</param>
internal sealed record DecoderArchitecture(string Name)
{
    /// <summary>The names that Hugging Face configurations (model_type) use for it.</summary>
    public required string[] HuggingFaceTypes { get; init; }

    /// <summary>How GGUF files of this family order the rows of query and key weights. Hugging Face files are always in halves.</summary>
    public RopeKind GgufRope { get; init; } = RopeKind.Halves;

    /// <summary>The formula of all norms of the residual stream.</summary>
    public NormKind Norm { get; init; } = NormKind.RootMeanSquare;

    /// <summary>The tensor of the norm before attention, or null for none.</summary>
    public string? AttentionNorm { get; init; } = "attn_norm";

    /// <summary>The tensor of the norm of what attention adds to the stream, or null for none.</summary>
    public string? AfterAttention { get; init; }

    /// <summary>The tensor of the norm before the feed-forward layers, or null for none.</summary>
    public string? FeedForwardNorm { get; init; } = "ffn_norm";

    /// <summary>The tensor of the norm of what the feed-forward layers add to the stream, or null for none.</summary>
    public string? AfterFeedForward { get; init; }

    /// <summary>Whether Hugging Face files store by how much a gain differs from 1.</summary>
    public bool AddsOneToGains { get; init; }

    /// <summary>Whether attention and feed-forward layers read the same stream and are added together.</summary>
    public bool IsParallel { get; init; }

    /// <summary>How queries and keys are normalised.</summary>
    public HeadNorm HeadNorm { get; init; }

    /// <summary>The non-linearity of the feed-forward layers.</summary>
    public Activation Activation { get; init; }

    /// <summary>Whether the non-linearity multiplies a second projection.</summary>
    public bool IsGated { get; init; } = true;

    /// <summary>Whether its files have queries, keys and values in one tensor. Files of any family may.</summary>
    public bool FusesQueryKeyValue { get; init; }

    /// <summary>The projections that must have biases. Any linear layer may have one.</summary>
    public string[] Biases { get; init; } = [];

    /// <summary>Whether gate and up are one tensor, gate first, under the name of up.</summary>
    public bool FusesGateUp { get; init; }

    /// <summary>Whether GGUF files have the divisors of LongRoPE as tensors, often without naming the scaling.</summary>
    public bool HasLongRope { get; init; }

    /// <summary>Whether a window is off unless a Hugging Face file switches it on (use_sliding_window), and then only from layer max_window_layers on. GGUF files cannot switch it on.</summary>
    public bool SwitchesWindow { get; init; }

    /// <summary>Whether each head has a learned score without a value.</summary>
    public bool HasSinks { get; init; }

    /// <summary>Whether a learned vector for each position is added to the embeddings, instead of a rotary embedding.</summary>
    public bool LearnsPositions { get; init; }

    /// <summary>Whether embeddings are multiplied by the square root of the width.</summary>
    public bool ScalesEmbedding { get; init; }

    /// <summary>Whether files state factors on embeddings, attention, residual additions and logits.</summary>
    public bool HasMultipliers { get; init; }

    /// <summary>Whether files state soft caps of scores and logits.</summary>
    public bool HasSoftCaps { get; init; }

    /// <summary>The window of files that state none; null for no window.</summary>
    public int? DefaultWindow { get; init; }

    /// <summary>Of so many layers in turn, the last one sees everything; 0 where a window holds for all layers.</summary>
    public int GlobalEvery { get; init; }

    /// <summary>Of so many layers in turn, the last one has no rotary embedding; 0 where all have it.</summary>
    public int RopelessEvery { get; init; }

    /// <summary>The base of the rotary embedding in layers with a window; null where it is that of the others.</summary>
    public double? LocalTheta { get; init; }

    /// <summary>Whether the ends of YaRN's ramp are whole dimensions in GGUF files, which do not say it.</summary>
    public bool RoundsYarnRamp { get; init; } = true;

    /// <summary>Layers of the sizes whose GGUF files do not say that scores are scaled by the width for each head, not by the head's size.</summary>
    public int LayersOfUnusualScale { get; init; }

    /// <summary>What Hugging Face configurations of this family are like.</summary>
    public HuggingFaceFamily HuggingFace { get; init; } = new();

    /// <summary>Every family that is known.</summary>
    public static IReadOnlyList<DecoderArchitecture> All { get; } =
    [
        LlamaArchitecture.Value, Qwen2Architecture.Value, Qwen3Architecture.Value, Qwen3MoeArchitecture.Value, Gemma2Architecture.Value, Gemma3Architecture.Value,
        Phi3Architecture.Value, SmolLm3Architecture.Value, GraniteArchitecture.Value, Olmo2Architecture.Value, Gpt2Architecture.Value,
        StarCoder2Architecture.Value, FalconArchitecture.Value, GptOssArchitecture.Value,
    ];

    /// <summary>The families' names, for error messages.</summary>
    public static string KnownNames => string.Join(", ", All.Select(a => a.Name));
}
