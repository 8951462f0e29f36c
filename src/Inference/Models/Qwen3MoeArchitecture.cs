namespace Inference.Models;

/// <summary>Qwen 3 with a mixture of experts in most or all layers.</summary>
/// <remarks>Yang et al., Qwen3 Technical Report (2025).</remarks>
internal static class Qwen3MoeArchitecture
{
    public static DecoderArchitecture Value { get; } = Qwen3Architecture.Value with
    {
        Name = "qwen3moe",
        HuggingFaceTypes = ["qwen3_moe"],
        HuggingFace = new()
        {
            NormalizesExperts = false,
            Keys = new() { ["num_local_experts"] = "num_experts" },
            Tensors = new()
            {
                ["mlp.gate"] = "ffn_gate_inp",
                ["mlp.experts.*.gate_proj"] = "ffn_gate.*",
                ["mlp.experts.*.up_proj"] = "ffn_up.*",
                ["mlp.experts.*.down_proj"] = "ffn_down.*",
            },
        },
    };
}
