namespace Inference.Tests.Models;

/// <summary>A plain model's numbers as converters write them into GGUF files.</summary>
internal static class GgufMetadata
{
    public static Dictionary<string, object> Of(PlainShape shape)
    {
        PlainFamily facts = shape.Facts;
        string prefix = facts.Gguf + ".";
        var metadata = new Dictionary<string, object>
        {
            ["general.architecture"] = facts.Gguf,
            [prefix + "embedding_length"] = (uint)shape.Width,
            [prefix + "block_count"] = (uint)shape.Layers,
            [prefix + "attention.head_count"] = (uint)shape.Heads,
            [prefix + (facts.CentersNorms ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon")] = (float)shape.Epsilon,
            [prefix + "feed_forward_length"] = (uint)(shape.DenseFeedForward > 0 ? shape.DenseFeedForward : shape.FeedForward),
            [prefix + "context_length"] = (uint)shape.Context,
        };
        if (facts.Gguf != "gpt2")
            metadata[prefix + "attention.head_count_kv"] = (uint)shape.KvHeads;
        if (StatesHeadSize(shape))
        {
            metadata[prefix + "attention.key_length"] = (uint)shape.HeadSize;
            metadata[prefix + "attention.value_length"] = (uint)shape.HeadSize;
        }

        AddRope(shape, prefix, metadata);
        AddRest(shape, prefix, metadata);
        return metadata;
    }

    // Where the configuration has no head_dim, the file says nothing of it.
    private static bool StatesHeadSize(PlainShape shape) =>
        shape.Family is not ("mixtral" or "granite" or "olmo2" or "gpt2" or "starcoder2" or "phi3") && shape.Facts.Gguf != "falcon";

    private static void AddRope(PlainShape shape, string prefix, Dictionary<string, object> metadata)
    {
        PlainRope rope = shape.Rope;
        if (shape.Facts.LearnsPositions || shape.Facts.Gguf == "falcon")
            return;
        metadata[prefix + "rope.freq_base"] = (float)rope.Theta;
        if (shape.Facts.Gguf is "llama" or "qwen2" or "qwen3" or "phi3" or "granite" or "smollm3")
            metadata[prefix + "rope.dimension_count"] = (uint)rope.Dimensions;
        if (rope.Kind is "linear" or "yarn")
        {
            metadata[prefix + "rope.scaling.type"] = rope.Kind;
            metadata[prefix + "rope.scaling.factor"] = (float)rope.Factor;
        }

        if (rope.Kind is "yarn" || shape.Facts.Gguf == "phi3")
            metadata[prefix + "rope.scaling.original_context_length"] = (uint)(rope.Kind == "none" ? shape.Context : rope.Original);
        else if (rope.Kind == "linear" && shape.Facts.Gguf != "gemma3")
            metadata[prefix + "rope.scaling.original_context_length"] = (uint)rope.Original;
        if (rope.Kind == "longrope")
            metadata[prefix + "rope.scaling.attn_factor"] = (float)rope.Magnitude;
    }

    private static void AddRest(PlainShape shape, string prefix, Dictionary<string, object> metadata)
    {
        // Not for Qwen and StarCoder, whose files cannot say that they have one.
        if (shape.Facts.Gguf is "gemma2" or "gemma3" or "gpt-oss" or "phi3" || (shape.Family == "mistral" && shape.Window > 0))
            metadata[prefix + "attention.sliding_window"] = (uint)shape.Window;
        if (shape.AttentionCap > 0)
            metadata[prefix + "attn_logit_softcapping"] = (float)shape.AttentionCap;
        if (shape.LogitCap > 0)
            metadata[prefix + "final_logit_softcapping"] = (float)shape.LogitCap;
        if (shape.Family == "granite")
        {
            metadata[prefix + "attention.scale"] = (float)shape.AttentionScale!.Value;
            metadata[prefix + "embedding_scale"] = (float)shape.EmbeddingScale;
            metadata[prefix + "residual_scale"] = (float)shape.ResidualScale;
            metadata[prefix + "logit_scale"] = (float)shape.LogitDivisor;
        }

        if (shape.Facts.Gguf == "falcon")
            metadata[prefix + "tensor_data_layout"] = "jploski";
        if (shape.Experts == 0)
            return;
        metadata[prefix + "expert_count"] = (uint)shape.Experts;
        metadata[prefix + "expert_used_count"] = (uint)shape.ChosenExperts;
        if (shape.Family is "qwen3moe" or "gpt-oss")
            metadata[prefix + "expert_feed_forward_length"] = (uint)shape.FeedForward;
    }
}
