namespace Inference.Models;

/// <summary>OLMo 2: norms behind attention and feed-forward layers instead of before them, and of whole projections.</summary>
/// <remarks>OLMo Team, 2 OLMo 2 Furious (2024).</remarks>
internal static class Olmo2Architecture
{
    public static DecoderArchitecture Value { get; } = new("olmo2")
    {
        HuggingFaceTypes = ["olmo2"],
        AttentionNorm = null,
        AfterAttention = "post_attention_norm",
        FeedForwardNorm = null,
        AfterFeedForward = "post_ffw_norm",
        HeadNorm = HeadNorm.WholeProjection,
        HuggingFace = new()
        {
            Tensors = new() { ["post_attention_layernorm"] = "post_attention_norm", ["post_feedforward_layernorm"] = "post_ffw_norm" },
        },
    };
}
