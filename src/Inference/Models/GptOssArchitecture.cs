using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>gpt-oss: experts in MXFP4 with a clamped gate, attention sinks, a window in every other layer, biases everywhere.</summary>
/// <remarks>OpenAI, gpt-oss-120b and gpt-oss-20b Model Card (2025).</remarks>
internal static class GptOssArchitecture
{
    public static DecoderArchitecture Value { get; } = new("gpt-oss")
    {
        HuggingFaceTypes = ["gpt_oss"],
        FeedForwardNorm = "post_attention_norm",
        Activation = Activation.ClampedSwiglu,
        Biases = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate_inp", "ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"],
        HasSinks = true,
        DefaultWindow = 128,
        GlobalEvery = 2,
        RoundsYarnRamp = false,
        HuggingFace = new()
        {
            Quantization = "mxfp4",
            Activations = ["silu"],
            Defaults = new() { ["rope_theta"] = 150000, ["rms_norm_eps"] = 1e-5, ["head_dim"] = 64 },
            Tensors = new()
            {
                ["post_attention_layernorm"] = "post_attention_norm", ["self_attn.sinks"] = "attn_sinks.weight", ["mlp.router"] = "ffn_gate_inp",
                ["mlp.experts.gate_up_proj"] = "ffn_gate_up_exps.weight", ["mlp.experts.gate_up_proj_bias"] = "ffn_gate_up_exps.bias",
                ["mlp.experts.gate_up_proj_blocks"] = "ffn_gate_up_exps.blocks", ["mlp.experts.gate_up_proj_scales"] = "ffn_gate_up_exps.scales",
                ["mlp.experts.down_proj"] = "ffn_down_exps.weight", ["mlp.experts.down_proj_bias"] = "ffn_down_exps.bias",
                ["mlp.experts.down_proj_blocks"] = "ffn_down_exps.blocks", ["mlp.experts.down_proj_scales"] = "ffn_down_exps.scales",
            },
            Check = RefuseOtherLimits,
            Arrange = GptOssCheckpoint.Arrange,
        },
    };

    private static void RefuseOtherLimits(ConfigObject config)
    {
        if (config.FindNumber("swiglu_limit") is { } limit and not 7)
            throw config.Error("swiglu_limit", $"a limit of {limit} is not supported (supported: 7)");
    }
}
