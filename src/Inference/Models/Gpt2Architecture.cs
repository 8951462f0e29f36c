using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>GPT-2: learned positions, layer norms, biases everywhere, no gate.</summary>
/// <remarks>Radford et al., Language Models are Unsupervised Multitask Learners (2019).</remarks>
internal static class Gpt2Architecture
{
    public static DecoderArchitecture Value { get; } = new("gpt2")
    {
        HuggingFaceTypes = ["gpt2"],
        Norm = NormKind.Layer,
        Activation = Activation.GeluTanh,
        IsGated = false,
        LearnsPositions = true,
        FusesQueryKeyValue = true,
        Biases = ["attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "ffn_up", "ffn_down"],
        HuggingFace = new()
        {
            TiesEmbeddings = true,
            FeedForwardRatio = 4,
            Prefixes = ["transformer.", ""],
            LayerList = "h",
            Keys = new()
            {
                ["hidden_size"] = "n_embd", ["num_hidden_layers"] = "n_layer", ["num_attention_heads"] = "n_head", ["intermediate_size"] = "n_inner",
                ["max_position_embeddings"] = "n_positions", ["rms_norm_eps"] = "layer_norm_epsilon", ["hidden_act"] = "activation_function",
            },
            Defaults = new() { ["rms_norm_eps"] = 1e-5 },
            Tensors = new()
            {
                ["wte"] = "token_embd", ["wpe"] = "position_embd", ["ln_f"] = "output_norm",
                ["ln_1"] = "attn_norm", ["ln_2"] = "ffn_norm", ["attn.c_attn"] = "attn_qkv", ["attn.c_proj"] = "attn_output",
                ["mlp.c_fc"] = "ffn_up", ["mlp.c_proj"] = "ffn_down",
            },
            Arrange = Transpose,
        },
    };

    // Its layers compute x W with weights of [inputs, outputs].
    private static void Transpose(Dictionary<string, StoredTensor> tensors, DecoderConfig config)
    {
        foreach (string name in tensors.Keys.Where(IsOfLinearLayer).ToArray())
            tensors[name] = DerivedTensor.Transpose(tensors[name]);
    }

    private static bool IsOfLinearLayer(string name) =>
        name.EndsWith(".weight", StringComparison.Ordinal) && name.Split('.') is ["blk", _, "attn_qkv" or "attn_output" or "ffn_up" or "ffn_down", _];
}
