using Inference.Execution;

namespace Inference.Models;

/// <summary>Gemma 2: norms before and behind both parts of a layer, soft caps, a window in every other layer.</summary>
/// <remarks>Gemma Team, Gemma 2: Improving Open Language Models at a Practical Size (2024).</remarks>
internal static class Gemma2Architecture
{
    public static DecoderArchitecture Value { get; } = new("gemma2")
    {
        HuggingFaceTypes = ["gemma2"],
        AfterAttention = "post_attention_norm",
        AfterFeedForward = "post_ffw_norm",
        AddsOneToGains = true,
        Activation = Activation.GeluTanh,
        ScalesEmbedding = true,
        HasSoftCaps = true,
        DefaultWindow = 4096,
        GlobalEvery = 2,
        LayersOfUnusualScale = 46,
        HuggingFace = new()
        {
            TiesEmbeddings = true,
            Keys = new() { ["hidden_act"] = "hidden_activation" },
            Defaults = new() { ["attn_logit_softcapping"] = 50, ["final_logit_softcapping"] = 30, ["query_pre_attn_scalar"] = 256, ["head_dim"] = 256 },
            Tensors = new()
            {
                ["post_attention_layernorm"] = "post_attention_norm", ["pre_feedforward_layernorm"] = "ffn_norm", ["post_feedforward_layernorm"] = "post_ffw_norm",
            },
        },
    };
}
