namespace Inference.Models;

/// <summary>Qwen 3, dense: Llama with normalised query and key heads.</summary>
/// <remarks>Yang et al., Qwen3 Technical Report (2025).</remarks>
internal static class Qwen3Architecture
{
    public static DecoderArchitecture Value { get; } = new("qwen3")
    {
        HuggingFaceTypes = ["qwen3"],
        HeadNorm = HeadNorm.EachHead,
        SwitchesWindow = true,
    };
}
