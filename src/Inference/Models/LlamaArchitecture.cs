using Inference.Execution;

namespace Inference.Models;

/// <summary>Llama 1 to 3.x and what shares its shape: Mistral (with its window), Mixtral, SmolLM2, TinyLlama.</summary>
/// <remarks>
/// Touvron et al., LLaMA (2023); Grattafiori et al., The Llama 3 Herd of Models (2024); Jiang et al., Mistral 7B (2023) and Mixtral of Experts (2024).
/// </remarks>
internal static class LlamaArchitecture
{
    public static DecoderArchitecture Value { get; } = new("llama")
    {
        HuggingFaceTypes = ["llama", "mistral", "mixtral"],
        GgufRope = RopeKind.Interleaved,
        HuggingFace = new()
        {
            Tensors = new()
            {
                ["block_sparse_moe.gate"] = "ffn_gate_inp",
                ["block_sparse_moe.experts.*.w1"] = "ffn_gate.*",
                ["block_sparse_moe.experts.*.w2"] = "ffn_down.*",
                ["block_sparse_moe.experts.*.w3"] = "ffn_up.*",
            },
        },
    };
}
