using Inference.Execution;

namespace Inference.Models;

/// <summary>Granite 3, dense: Llama with factors on embeddings, attention, residual additions and logits.</summary>
/// <remarks>Granite Team, Granite 3.0 Language Models (2024).</remarks>
internal static class GraniteArchitecture
{
    public static DecoderArchitecture Value { get; } = new("granite")
    {
        HuggingFaceTypes = ["granite"],
        GgufRope = RopeKind.Interleaved,
        HasMultipliers = true,
    };
}
