using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>Falcon 7B, 11B and 40B: attention and feed-forward layers read the same stream, normalised once or twice.</summary>
/// <remarks>Almazrouei et al., The Falcon Series of Open Language Models (2023); Malartic et al., Falcon2-11B Technical Report (2024).</remarks>
internal static class FalconArchitecture
{
    public static DecoderArchitecture Value { get; } = new("falcon")
    {
        HuggingFaceTypes = ["falcon"],
        Norm = NormKind.Layer,
        // With two norms, attention has its own: see DecoderWeights.
        FeedForwardNorm = "attn_norm",
        IsParallel = true,
        FusesQueryKeyValue = true,
        Activation = Activation.Gelu,
        IsGated = false,
        HuggingFace = new()
        {
            TiesEmbeddings = true,
            FeedForwardRatio = 4,
            Prefixes = ["transformer."],
            LayerList = "h",
            Keys = new() { ["rms_norm_eps"] = "layer_norm_epsilon", ["intermediate_size"] = "ffn_hidden_size", ["hidden_act"] = "activation" },
            Defaults = new() { ["rms_norm_eps"] = 1e-5, ["max_position_embeddings"] = 2048 },
            Tensors = new()
            {
                ["word_embeddings"] = "token_embd", ["ln_f"] = "output_norm", ["input_layernorm"] = "attn_norm", ["ln_mlp"] = "attn_norm", ["ln_attn"] = "attn_norm_2",
                ["self_attention.query_key_value"] = "attn_qkv", ["self_attention.dense"] = "attn_output",
                ["mlp.dense_h_to_4h"] = "ffn_up", ["mlp.dense_4h_to_h"] = "ffn_down",
            },
            KvHeads = CountKvHeads,
            Check = RefuseOlder,
            Arrange = Ungroup,
        },
    };

    private static int CountKvHeads(ConfigObject config, int heads)
    {
        if (config.FindBoolean("new_decoder_architecture") == true)
            return config.FindInt32("num_kv_heads") ?? heads;
        return config.FindBoolean("multi_query") ?? true ? 1 : heads;
    }

    private static void RefuseOlder(ConfigObject config)
    {
        if (config.FindBoolean("alibi") == true)
            throw config.Error("alibi", "attention with linear biases is not supported");
        if (config.FindBoolean("new_decoder_architecture") != true && config.FindBoolean("parallel_attn") == false)
            throw config.Error("parallel_attn", "attention before the feed-forward layers, instead of beside them, is not supported for this architecture");
    }

    // Stored for each key-value head: its query heads, its key, its value.
    private static void Ungroup(Dictionary<string, StoredTensor> tensors, DecoderConfig config)
    {
        int size = config.HeadSize;
        int queries = config.Heads / config.KvHeads * size;
        int group = queries + 2 * size;
        foreach (string name in tensors.Keys.Where(name => name.Contains(".attn_qkv.", StringComparison.Ordinal)).ToArray())
        {
            IEnumerable<(long First, long Count)> Parts(int first, int count) => Enumerable.Range(0, config.KvHeads).Select(head => ((long)head * group + first, (long)count));
            tensors[name] = DerivedTensor.Gather(tensors[name], [.. Parts(0, queries), .. Parts(queries, size), .. Parts(queries + size, size)]);
        }
    }
}
