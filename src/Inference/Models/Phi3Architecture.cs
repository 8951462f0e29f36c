namespace Inference.Models;

/// <summary>Phi-3 and Phi-4: Llama with queries, keys and values in one tensor, and gate and up in another; LongRoPE for long contexts.</summary>
/// <remarks>Abdin et al., Phi-3 Technical Report (2024) and Phi-4 Technical Report (2024); Ding et al., LongRoPE (2024).</remarks>
internal static class Phi3Architecture
{
    public static DecoderArchitecture Value { get; } = new("phi3")
    {
        HuggingFaceTypes = ["phi3"],
        FusesGateUp = true,
        HasLongRope = true,
        FusesQueryKeyValue = true,
        HuggingFace = new()
        {
            Tensors = new() { ["self_attn.qkv_proj"] = "attn_qkv", ["mlp.gate_up_proj"] = "ffn_up" },
        },
    };
}
