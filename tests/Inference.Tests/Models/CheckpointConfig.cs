using System.Text.Json.Nodes;

namespace Inference.Tests.Models;

/// <summary>A plain model's numbers as the config.json of its family has them.</summary>
internal static class CheckpointConfig
{
    public static JsonObject Of(PlainShape shape, CheckpointStyle style)
    {
        JsonObject config = shape.Facts.HuggingFace switch
        {
            "gpt2" => Gpt2(shape),
            "falcon" => Falcon(shape, style),
            _ => Llama(shape, style),
        };
        config["model_type"] = shape.Facts.HuggingFace;
        config["vocab_size"] = shape.Vocabulary;
        config[style == CheckpointStyle.Published ? "torch_dtype" : "dtype"] = "float32";
        // The default of these families, whose published files leave it out.
        bool isUsuallyTied = shape.Facts.HuggingFace is "gemma2" or "gemma3_text" or "gpt2" or "starcoder2" or "falcon";
        if (!isUsuallyTied || !shape.IsTied || style == CheckpointStyle.Renewed)
            config["tie_word_embeddings"] = shape.IsTied;
        CheckpointRope.AddTo(config, shape, style);
        AddWindow(config, shape, style);
        AddExperts(config, shape);
        AddRest(config, shape, style);
        return config;
    }

    private static JsonObject Llama(PlainShape shape, CheckpointStyle style)
    {
        var config = new JsonObject
        {
            ["hidden_size"] = shape.Width,
            ["num_hidden_layers"] = shape.Layers,
            ["num_attention_heads"] = shape.Heads,
            ["num_key_value_heads"] = shape.KvHeads,
            ["intermediate_size"] = shape.DenseFeedForward > 0 ? shape.DenseFeedForward : shape.FeedForward,
            ["max_position_embeddings"] = shape.Context,
            [shape.Family == "starcoder2" ? "norm_epsilon" : "rms_norm_eps"] = shape.Epsilon,
            ["hidden_act"] = "silu",
        };
        if (shape.HeadSize * shape.Heads != shape.Width || shape.Family is "llama" or "qwen3" or "qwen3moe" or "gemma2" or "gemma3" or "gpt-oss")
            config["head_dim"] = shape.HeadSize;
        else if (style == CheckpointStyle.Renewed)
            config["head_dim"] = null;
        if (shape.Family is "gemma2" or "gemma3")
            (config["hidden_act"], config["hidden_activation"]) = ("gelu_pytorch_tanh", "gelu_pytorch_tanh");
        // Gemma 3 has the one key alone.
        if (shape.Family == "gemma3")
            config.Remove("hidden_act");
        if (shape.Family == "starcoder2")
            (config["hidden_act"], config["use_bias"]) = ("gelu_pytorch_tanh", true);
        if (shape.HasAllBiases)
            (config["attention_bias"], config["mlp_bias"]) = (true, true);
        return config;
    }

    private static JsonObject Gpt2(PlainShape shape) => new()
    {
        ["n_embd"] = shape.Width,
        ["n_layer"] = shape.Layers,
        ["n_head"] = shape.Heads,
        ["n_inner"] = shape.FeedForward == 4 * shape.Width ? null : shape.FeedForward,
        ["n_positions"] = shape.Context,
        ["n_ctx"] = shape.Context,
        ["layer_norm_epsilon"] = shape.Epsilon,
        ["activation_function"] = "gelu_new",
    };

    private static JsonObject Falcon(PlainShape shape, CheckpointStyle style)
    {
        var config = new JsonObject
        {
            ["hidden_size"] = shape.Width,
            ["num_hidden_layers"] = shape.Layers,
            ["num_attention_heads"] = shape.Heads,
            ["layer_norm_epsilon"] = shape.Epsilon,
            ["alibi"] = false,
            ["bias"] = false,
            ["parallel_attn"] = true,
            ["multi_query"] = true,
            ["new_decoder_architecture"] = shape.Family != "falcon-7b",
        };
        // Without the new architecture the number is not used: one key head is meant by multi_query, and transformers saves the query heads' number.
        if (shape.Family != "falcon-7b" || style == CheckpointStyle.Renewed)
            config["num_kv_heads"] = shape.Family == "falcon-7b" ? shape.Heads : shape.KvHeads;
        if (shape.Family == "falcon-11b")
            (config["num_ln_in_parallel_attn"], config["ffn_hidden_size"], config["activation"]) = (1, shape.FeedForward, "gelu");
        if (shape.Context != 2048)
            config["max_position_embeddings"] = shape.Context;
        return config;
    }

    private static void AddWindow(JsonObject config, PlainShape shape, CheckpointStyle style)
    {
        if (shape.Family is "llama" or "granite" or "olmo2" or "gpt2" || shape.Facts.HuggingFace == "falcon")
            return;
        config["sliding_window"] = shape.Window > 0 ? shape.Window : null;
        bool isQwen = shape.Family is "qwen2" or "qwen3" or "qwen3moe";
        if (isQwen)
            config["use_sliding_window"] = shape.Window > 0;
        if (isQwen && shape.Window > 0 && shape.Family != "qwen3moe")
            config["max_window_layers"] = shape.FirstLocal;
        if (shape.Family == "gemma3")
            config["sliding_window_pattern"] = shape.GlobalEvery;
        // gpt-oss has always had the list, the others have it since transformers 4.53.
        bool lists = shape.Family == "gpt-oss" || (style == CheckpointStyle.Renewed && (isQwen || shape.Family is "gemma2" or "gemma3") && shape.Family != "qwen3moe");
        if (lists)
            config["layer_types"] = new JsonArray([.. Enumerable.Range(0, shape.Layers).Select(i => JsonValue.Create(shape.IsLocal(i) ? "sliding_attention" : "full_attention"))]);
    }

    private static void AddExperts(JsonObject config, PlainShape shape)
    {
        if (shape.Experts == 0)
            return;
        config["num_experts_per_tok"] = shape.ChosenExperts;
        if (shape.Family != "qwen3moe")
        {
            config["num_local_experts"] = shape.Experts;
            return;
        }

        config["num_experts"] = shape.Experts;
        config["moe_intermediate_size"] = shape.FeedForward;
        config["norm_topk_prob"] = shape.NormalizesExperts;
        config["decoder_sparse_step"] = 1;
        config["mlp_only_layers"] = new JsonArray([.. shape.DenseLayers.Select(i => JsonValue.Create(i))]);
    }

    private static void AddRest(JsonObject config, PlainShape shape, CheckpointStyle style)
    {
        switch (shape.Family)
        {
            case "gemma2":
                config["attn_logit_softcapping"] = shape.AttentionCap;
                config["final_logit_softcapping"] = shape.LogitCap;
                config["query_pre_attn_scalar"] = QueryScalar(shape);
                break;
            case "gemma3":
                config["attn_logit_softcapping"] = null;
                config["final_logit_softcapping"] = null;
                config["query_pre_attn_scalar"] = QueryScalar(shape);
                break;
            case "phi3":
                config["original_max_position_embeddings"] = (int)(shape.Rope.Kind == "longrope" ? shape.Rope.Original : shape.Context);
                break;
            case "smollm3":
                config["no_rope_layer_interval"] = shape.RopelessEvery;
                // 1 stands for a layer with a rotary embedding; without the list, the interval says it.
                if (style == CheckpointStyle.Published)
                    config["no_rope_layers"] = new JsonArray([.. Enumerable.Range(0, shape.Layers).Select(i => JsonValue.Create(shape.RopeOf(i) is null ? 0 : 1))]);
                config["use_sliding_window"] = false;
                break;
            case "granite":
                config["attention_multiplier"] = shape.AttentionScale;
                config["embedding_multiplier"] = shape.EmbeddingScale;
                config["residual_multiplier"] = shape.ResidualScale;
                config["logits_scaling"] = shape.LogitDivisor;
                break;
            case "gpt-oss":
                config["attention_bias"] = true;
                config["swiglu_limit"] = 7.0;
                config["initial_context_length"] = (int)shape.Rope.Original;
                break;
        }
    }

    // Gemma states what the products are divided by the root of.
    private static JsonNode QueryScalar(PlainShape shape) =>
        shape.AttentionScale is { } scale ? (int)Math.Round(1 / (scale * scale)) : shape.HeadSize;
}
