using Inference.Execution;

namespace Inference.Models;

/// <summary>SmolLM3: Llama with every fourth layer without a rotary embedding.</summary>
/// <remarks>Bakouch et al., SmolLM3 (2025); Kazemnejad et al., The Impact of Positional Encoding on Length Generalization (2023).</remarks>
internal static class SmolLm3Architecture
{
    public static DecoderArchitecture Value { get; } = new("smollm3")
    {
        HuggingFaceTypes = ["smollm3"],
        GgufRope = RopeKind.Interleaved,
        RopelessEvery = 4,
        SwitchesWindow = true,
        HuggingFace = new() { Defaults = new() { ["rope_theta"] = 2e6 } },
    };
}
