using Inference.Execution;

namespace Inference.Models;

/// <summary>Llama 1 to 3.x and what shares its shape: Mistral without sliding window, SmolLM2, TinyLlama.</summary>
/// <remarks>Touvron et al., LLaMA (2023); Grattafiori et al., The Llama 3 Herd of Models (2024).</remarks>
internal static class LlamaArchitecture
{
    public static DecoderArchitecture Value { get; } = new("llama", RopeKind.Interleaved, NormalizesHeads: false, BiasesQueryKeyValue: false, Activation.Silu)
    {
        HuggingFaceTypes = ["llama", "mistral"],
    };
}
