using Inference.Execution;

namespace Inference.Models;

/// <summary>StarCoder2: Llama with layer norms, biases, and no gate.</summary>
/// <remarks>Lozhkov et al., StarCoder 2 and The Stack v2 (2024).</remarks>
internal static class StarCoder2Architecture
{
    public static DecoderArchitecture Value { get; } = new("starcoder2")
    {
        HuggingFaceTypes = ["starcoder2"],
        Norm = NormKind.Layer,
        Activation = Activation.GeluTanh,
        IsGated = false,
        HuggingFace = new()
        {
            TiesEmbeddings = true,
            Keys = new() { ["rms_norm_eps"] = "norm_epsilon" },
            Defaults = new() { ["rms_norm_eps"] = 1e-5 },
            Tensors = new() { ["mlp.c_fc"] = "ffn_up", ["mlp.c_proj"] = "ffn_down" },
        },
    };
}
