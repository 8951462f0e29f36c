namespace Inference.Models;

/// <summary>Gemma 3, the language model: Gemma 2 with normalised heads instead of soft caps, a window in five of six layers, and another rotary base in these.</summary>
/// <remarks>Gemma Team, Gemma 3 Technical Report (2025).</remarks>
internal static class Gemma3Architecture
{
    public static DecoderArchitecture Value { get; } = Gemma2Architecture.Value with
    {
        Name = "gemma3",
        HuggingFaceTypes = ["gemma3_text", "gemma3"],
        HeadNorm = HeadNorm.EachHead,
        HasSoftCaps = false,
        GlobalEvery = 6,
        LocalTheta = 10000,
        LayersOfUnusualScale = 62,
        HuggingFace = Gemma2Architecture.Value.HuggingFace with
        {
            TextConfig = "text_config",
            Prefixes = ["model.", "language_model.model.", "model.language_model.", "language_model."],
            Others = ["vision_tower.", "model.vision_tower.", "multi_modal_projector.", "model.multi_modal_projector."],
            // The smaller parts of files with a vision model leave these out.
            Defaults = new()
            {
                ["rope_theta"] = 1e6, ["query_pre_attn_scalar"] = 256, ["head_dim"] = 256, ["num_attention_heads"] = 8, ["num_key_value_heads"] = 4,
                ["max_position_embeddings"] = 131072,
            },
        },
    };
}
