namespace Inference.Models;

/// <summary>Qwen 2 and 2.5: Llama with biases on queries, keys and values.</summary>
/// <remarks>Yang et al., Qwen2 Technical Report (2024).</remarks>
internal static class Qwen2Architecture
{
    public static DecoderArchitecture Value { get; } = new("qwen2")
    {
        HuggingFaceTypes = ["qwen2"],
        Biases = ["attn_q", "attn_k", "attn_v"],
        SwitchesWindow = true,
    };
}
