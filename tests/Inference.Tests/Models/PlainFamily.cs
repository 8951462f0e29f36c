namespace Inference.Tests.Models;

/// <summary>Which mathematics a family of models uses, as its paper, model card or reference code has it; the numbers are a <see cref="PlainShape"/>'s.</summary>
/// <param name="Gguf">Its name in GGUF files.</param>
/// <param name="HuggingFace">Its name in config.json.</param>
public sealed record PlainFamily(string Gguf, string HuggingFace)
{
    /// <summary>Norms subtract the mean and have a bias (Ba et al., 2016), instead of only dividing by the root of the mean square.</summary>
    public bool CentersNorms { get; init; }

    /// <summary>Checkpoints store by how much a gain differs from 1.</summary>
    public bool AddsOneToGains { get; init; }

    /// <summary>The norm of what attention reads, by its name in checkpoints; null for none.</summary>
    public string? AttentionNorm { get; init; } = "input_layernorm";

    /// <summary>The norm of what attention adds to the stream.</summary>
    public string? AfterAttention { get; init; }

    /// <summary>The norm of what the feed-forward layers read.</summary>
    public string? FeedForwardNorm { get; init; } = "post_attention_layernorm";

    /// <summary>The norm of what the feed-forward layers add to the stream.</summary>
    public string? AfterFeedForward { get; init; }

    /// <summary>Attention and feed-forward layers read the same stream and are added together.</summary>
    public bool IsParallel { get; init; }

    /// <summary>Queries and keys are normalised: head by head, or each projection as a whole.</summary>
    public PlainHeadNorm HeadNorm { get; init; }

    /// <summary>silu, gelu_tanh, gelu, or clamped (the gated unit of gpt-oss).</summary>
    public string Activation { get; init; } = "silu";

    /// <summary>The activation multiplies a second projection (Shazeer, 2020).</summary>
    public bool IsGated { get; init; } = true;

    /// <summary>The projections that have a bias.</summary>
    public string[] Biases { get; init; } = [];

    /// <summary>A learned logit a head takes part in the softmax and has no value.</summary>
    public bool HasSinks { get; init; }

    /// <summary>A learned vector a position is added to the embedding; no rotary embedding.</summary>
    public bool LearnsPositions { get; init; }

    /// <summary>Embeddings are multiplied by the root of the width.</summary>
    public bool ScalesEmbedding { get; init; }

    /// <summary>GGUF files order the rows of queries and keys for neighbours as pairs.</summary>
    public bool InterleavesInGguf { get; init; }

    public string[] Norms => [.. new[] { AttentionNorm, AfterAttention, FeedForwardNorm, AfterFeedForward }.OfType<string>().Distinct()];

    public static PlainFamily Of(string name) => _all[name];

    private static readonly string[] _linear = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    private static readonly PlainFamily _falcon = new("falcon", "falcon") { CentersNorms = true, IsParallel = true, IsGated = false, Activation = "gelu" };

    private static readonly Dictionary<string, PlainFamily> _all = new()
    {
        // Touvron et al., LLaMA (2023); Grattafiori et al., Llama 3 (2024).
        ["llama"] = new("llama", "llama") { InterleavesInGguf = true },
        // Jiang et al., Mistral 7B (2023) and Mixtral of Experts (2024).
        ["mistral"] = new("llama", "mistral") { InterleavesInGguf = true },
        ["mixtral"] = new("llama", "mixtral") { InterleavesInGguf = true },
        // Yang et al., Qwen2 (2024) and Qwen3 (2025).
        ["qwen2"] = new("qwen2", "qwen2") { Biases = ["q_proj", "k_proj", "v_proj"] },
        ["qwen3"] = new("qwen3", "qwen3") { HeadNorm = PlainHeadNorm.EachHead },
        ["qwen3moe"] = new("qwen3moe", "qwen3_moe") { HeadNorm = PlainHeadNorm.EachHead },
        // Gemma Team, Gemma 2 (2024) and Gemma 3 (2025).
        ["gemma2"] = new("gemma2", "gemma2")
        {
            AddsOneToGains = true,
            AfterAttention = "post_attention_layernorm",
            FeedForwardNorm = "pre_feedforward_layernorm",
            AfterFeedForward = "post_feedforward_layernorm",
            Activation = "gelu_tanh",
            ScalesEmbedding = true,
        },
        ["gemma3"] = new("gemma3", "gemma3_text")
        {
            AddsOneToGains = true,
            AfterAttention = "post_attention_layernorm",
            FeedForwardNorm = "pre_feedforward_layernorm",
            AfterFeedForward = "post_feedforward_layernorm",
            Activation = "gelu_tanh",
            ScalesEmbedding = true,
            HeadNorm = PlainHeadNorm.EachHead,
        },
        // Abdin et al., Phi-3 (2024); Ding et al., LongRoPE (2024).
        ["phi3"] = new("phi3", "phi3"),
        // Bakouch et al., SmolLM3 (2025); Kazemnejad et al., NoPE (2023).
        ["smollm3"] = new("smollm3", "smollm3") { InterleavesInGguf = true },
        // Granite Team, Granite 3.0 (2024).
        ["granite"] = new("granite", "granite") { InterleavesInGguf = true },
        // OLMo Team, 2 OLMo 2 Furious (2024).
        ["olmo2"] = new("olmo2", "olmo2")
        {
            AttentionNorm = null,
            AfterAttention = "post_attention_layernorm",
            FeedForwardNorm = null,
            AfterFeedForward = "post_feedforward_layernorm",
            HeadNorm = PlainHeadNorm.WholeProjection,
        },
        // Radford et al., GPT-2 (2019).
        ["gpt2"] = new("gpt2", "gpt2") { CentersNorms = true, IsGated = false, Activation = "gelu_tanh", Biases = _linear, LearnsPositions = true, AttentionNorm = "ln_1", FeedForwardNorm = "ln_2" },
        // Lozhkov et al., StarCoder 2 and The Stack v2 (2024).
        ["starcoder2"] = new("starcoder2", "starcoder2") { CentersNorms = true, IsGated = false, Activation = "gelu_tanh", Biases = _linear },
        // Almazrouei et al., Falcon (2023); Malartic et al., Falcon2-11B (2024).
        ["falcon-7b"] = _falcon with { FeedForwardNorm = "input_layernorm" },
        ["falcon-11b"] = _falcon with { FeedForwardNorm = "input_layernorm" },
        ["falcon-40b"] = _falcon with { AttentionNorm = "ln_attn", FeedForwardNorm = "ln_mlp" },
        // OpenAI, gpt-oss-120b and gpt-oss-20b model card (2025) and its reference code.
        ["gpt-oss"] = new("gpt-oss", "gpt_oss") { Activation = "clamped", Biases = [.. _linear, "router"], HasSinks = true },
    };
}
