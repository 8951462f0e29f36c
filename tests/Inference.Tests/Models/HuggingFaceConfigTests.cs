using System.Text.Json.Nodes;
using Inference.Execution;
using Inference.Formats;
using Inference.Models;
using Inference.Tests.Formats;

namespace Inference.Tests.Models;

/// <summary>Every key of config.json that a decoder's dimensions come from, and what is refused by name.</summary>
public sealed class HuggingFaceConfigTests
{
    private static readonly PlainShape _shape = new("llama", 64, 2, 4, 2, 16, 96, new(16)) { Vocabulary = 8, IsTied = true };

    [Fact]
    public void Every_key_is_read()
    {
        DecoderConfig config = Read("""{ "head_dim": 24, "rope_theta": 1e6, "rms_norm_eps": 0.25, "partial_rotary_factor": 0.5, "num_key_value_heads": 1 }""");

        Assert.Equal((64, 2, 4, 1, 24, 96, 256, 0.25f), (config.Width, config.Layers, config.Heads, config.KvHeads, config.HeadSize, config.FeedForwardWidth, config.ContextLength, config.Epsilon));
        Assert.Equal((1e6, 12, RopeScalingKind.None, RopeKind.Halves), (config.Rope.Theta, config.Rope.Dimensions, config.Rope.Scaling, config.RopeKind));
    }

    [Fact]
    public void Absent_and_null_members_have_their_usual_values()
    {
        DecoderConfig config = Read("""{ "head_dim": null, "rope_theta": null, "rms_norm_eps": null, "num_key_value_heads": null, "hidden_act": null, "rope_scaling": null, "sliding_window": null, "vocab_size": null }""");
        Assert.Equal((16, 4, 1e-6f, 10000.0), (config.HeadSize, config.KvHeads, config.Epsilon, config.Rope.Theta));
    }

    /// <summary>What the published files of these models say, as far as it concerns the computation.</summary>
    [Theory]
    [InlineData("llama", """{ "attention_bias": false, "mlp_bias": false, "head_dim": 64, "rope_theta": 500000.0, "rope_scaling": { "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192, "rope_type": "llama3" }, "eos_token_id": [1, 2], "pretraining_tp": 1, "torch_dtype": "bfloat16" }""", "Llama3", 500000)]
    [InlineData("llama", """{ "rope_interleaved": false, "rope_scaling": null, "rope_theta": 100000, "is_llama_config": true, "transformers.js_config": { "kv_cache_dtype": {} } }""", "None", 100000)]
    [InlineData("mistral", """{ "sliding_window": null, "rope_theta": 1000000.0, "head_dim": 16 }""", "None", 1e6)]
    [InlineData("qwen2", """{ "sliding_window": 32768, "use_sliding_window": false, "max_window_layers": 21, "rope_theta": 1000000.0, "use_mrope": false }""", "None", 1e6)]
    [InlineData("qwen2", """{ "sliding_window": 131072, "rope_theta": 1000000.0 }""", "None", 1e6)]
    [InlineData("qwen2", """{ "sliding_window": 131072, "use_sliding_window": true, "max_window_layers": 2 }""", "None", 10000)]
    [InlineData("qwen3", """{ "sliding_window": null, "use_sliding_window": false, "max_window_layers": 28, "rope_scaling": null, "attention_bias": false, "layer_types": ["full_attention", "full_attention"] }""", "None", 10000)]
    [InlineData("qwen3", """{ "rope_theta": null, "rope_parameters": { "rope_type": "default", "rope_theta": 1000000 } }""", "None", 1e6)]
    [InlineData("qwen3", """{ "rope_scaling": { "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768 } }""", "Yarn", 10000)]
    [InlineData("llama", """{ "rope_scaling": { "type": "linear", "factor": 2.0 } }""", "Linear", 10000)]
    public void Published_files_are_read(string family, string members, string scaling, double theta)
    {
        DecoderConfig config = Read(members, _shape with { Family = family });
        Assert.Equal((scaling, theta), (config.Rope.Scaling.ToString(), config.Rope.Theta));
    }

    [Fact]
    public void Llama_3_and_yarn_have_their_parameters()
    {
        RopeSettings llama = Read("""{ "rope_parameters": { "rope_type": "llama3", "rope_theta": 5e5, "factor": 8, "low_freq_factor": 2, "high_freq_factor": 6, "original_max_position_embeddings": 128 } }""").Rope;
        Assert.Equal((RopeScalingKind.Llama3, 5e5, 8.0, 2.0, 6.0, 128.0), (llama.Scaling, llama.Theta, llama.Factor, llama.LowFrequencyFactor, llama.HighFrequencyFactor, llama.OriginalContextLength));

        RopeSettings yarn = Read("""{ "rope_scaling": { "rope_type": "yarn", "factor": 4, "beta_fast": 16, "beta_slow": 2, "truncate": false } }""").Rope;
        Assert.Equal((4.0, 256.0, 16.0, 2.0, false, null), (yarn.Factor, yarn.OriginalContextLength, yarn.BetaFast, yarn.BetaSlow, yarn.RoundsRamp, yarn.Magnitude));
        Assert.Equal(4, Read("""{ "rope_scaling": { "rope_type": "yarn", "factor": null, "original_max_position_embeddings": 64 } }""").Rope.Factor);
        Assert.Equal(1.5, Read("""{ "rope_scaling": { "rope_type": "yarn", "factor": 4, "attention_factor": 1.5, "mscale": 1, "mscale_all_dim": 2 } }""").Rope.Magnitude);
        double magnitude = Read("""{ "rope_scaling": { "rope_type": "yarn", "factor": 40, "mscale": 1.0, "mscale_all_dim": 0.707 } }""").Rope.Magnitude!.Value;
        Assert.Equal((0.1 * Math.Log(40) + 1) / (0.0707 * Math.Log(40) + 1), magnitude, 1e-12);
    }

    [Theory]
    [InlineData("model_type", "{ \"model_type\": \"mamba\" }")]
    [InlineData("model_type", "{ \"model_type\": null }")]
    [InlineData("model_type", "{ \"model_type\": 1 }")]
    [InlineData("hidden_size", "{ \"hidden_size\": null }")]
    [InlineData("hidden_size", "{ \"hidden_size\": 0 }")]
    [InlineData("hidden_size", "{ \"hidden_size\": 64.5 }")]
    [InlineData("hidden_size", "{ \"hidden_size\": 9223372036854775807 }")]
    [InlineData("num_hidden_layers", "{ \"num_hidden_layers\": null }")]
    [InlineData("num_hidden_layers", "{ \"num_hidden_layers\": -1 }")]
    [InlineData("num_hidden_layers", "{ \"num_hidden_layers\": 2147483647 }")]
    [InlineData("num_attention_heads", "{ \"num_attention_heads\": null }")]
    [InlineData("num_attention_heads", "{ \"num_attention_heads\": 0 }")]
    [InlineData("num_attention_heads", "{ \"num_attention_heads\": \"4\" }")]
    [InlineData("num_key_value_heads", "{ \"num_key_value_heads\": 3 }")]
    [InlineData("head_dim", "{ \"head_dim\": 15 }")]
    [InlineData("head_dim", "{ \"head_dim\": 0 }")]
    [InlineData("head_dim", "{ \"head_dim\": null, \"num_attention_heads\": 6 }")]
    [InlineData("intermediate_size", "{ \"intermediate_size\": null }")]
    [InlineData("intermediate_size", "{ \"intermediate_size\": 2147483647 }")]
    [InlineData("max_position_embeddings", "{ \"max_position_embeddings\": null }")]
    [InlineData("max_position_embeddings", "{ \"max_position_embeddings\": 0 }")]
    [InlineData("rms_norm_eps", "{ \"rms_norm_eps\": -1 }")]
    [InlineData("rms_norm_eps", "{ \"rms_norm_eps\": \"1e-5\" }")]
    [InlineData("hidden_act", "{ \"hidden_act\": \"gelu\" }")]
    [InlineData("hidden_act", "{ \"hidden_act\": 1 }")]
    [InlineData("vocab_size", "{ \"vocab_size\": 9 }")]
    [InlineData("tie_word_embeddings", "{ \"tie_word_embeddings\": false }")]
    [InlineData("tie_word_embeddings", "{ \"tie_word_embeddings\": null }")]
    [InlineData("tie_word_embeddings", "{ \"tie_word_embeddings\": 1 }")]
    [InlineData("attention_bias", "{ \"attention_bias\": true }")]
    [InlineData("quantization_config", "{ \"quantization_config\": { \"quant_method\": \"gptq\", \"bits\": 4 } }")]
    [InlineData("mlp_bias", "{ \"mlp_bias\": true }")]
    [InlineData("layer_types", "{ \"layer_types\": [\"full_attention\", \"sliding_attention\"] }")]
    [InlineData("layer_types", "{ \"layer_types\": [\"full_attention\"] }")]
    [InlineData("layer_types", "{ \"layer_types\": [\"full_attention\", \"linear_attention\"] }")]
    [InlineData("sliding_window", "{ \"sliding_window\": 0 }")]
    [InlineData("sliding_window", "{ \"model_type\": \"mistral\", \"sliding_window\": -4096 }")]
    [InlineData("num_experts_per_tok", "{ \"model_type\": \"mixtral\", \"num_local_experts\": 8 }")]
    [InlineData("num_experts_per_tok", "{ \"model_type\": \"mixtral\", \"num_local_experts\": 8, \"num_experts_per_tok\": 9 }")]
    [InlineData("num_local_experts", "{ \"num_local_experts\": -1 }")]
    [InlineData("attn_logit_softcapping", "{ \"attn_logit_softcapping\": 50 }")]
    [InlineData("rope_theta", "{ \"rope_theta\": 0 }")]
    [InlineData("rope_theta", "{ \"rope_theta\": \"10000\" }")]
    [InlineData("partial_rotary_factor", "{ \"partial_rotary_factor\": 2 }")]
    [InlineData("partial_rotary_factor", "{ \"partial_rotary_factor\": 0.2 }")]
    [InlineData("rope_scaling", "{ \"rope_scaling\": \"linear\" }")]
    [InlineData("rope_scaling", "{ \"rope_scaling\": { \"rope_type\": \"longrope\", \"factor\": 2 } }")]
    [InlineData("rope_scaling", "{ \"rope_scaling\": { \"type\": \"su\" } }")]
    [InlineData("rope_scaling", "{ \"rope_scaling\": { \"type\": \"dynamic\", \"factor\": 2 } }")]
    [InlineData("rope_parameters", "{ \"rope_parameters\": { \"rope_type\": \"dynamic\" } }")]
    [InlineData("rope_parameters.full_attention", "{ \"rope_parameters\": { \"full_attention\": { \"rope_type\": \"default\" } } }")]
    [InlineData("rope_scaling.rope_type", "{ \"rope_scaling\": { \"factor\": 2 } }")]
    [InlineData("rope_scaling.factor", "{ \"rope_scaling\": { \"rope_type\": \"linear\" } }")]
    [InlineData("rope_scaling.factor", "{ \"rope_scaling\": { \"rope_type\": \"linear\", \"factor\": 0 } }")]
    [InlineData("rope_scaling.factor", "{ \"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": \"4\" } }")]
    [InlineData("rope_scaling.factor", "{ \"rope_scaling\": { \"rope_type\": \"yarn\" } }")]
    [InlineData("rope_scaling.original_max_position_embeddings", "{ \"rope_scaling\": { \"rope_type\": \"llama3\", \"factor\": 2, \"low_freq_factor\": 1, \"high_freq_factor\": 4 } }")]
    [InlineData("rope_scaling.low_freq_factor", "{ \"rope_scaling\": { \"rope_type\": \"llama3\", \"factor\": 2, \"low_freq_factor\": 4, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 64 } }")]
    [InlineData("rope_scaling.beta_fast", "{ \"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 2, \"beta_fast\": 0 } }")]
    [InlineData("rope_scaling.attention_factor", "{ \"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 2, \"attention_factor\": 0 } }")]
    public void What_is_wrong_or_unsupported_is_refused_by_name(string field, string members)
    {
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => Read(members));
        Assert.Equal(field, refusal.Field);
        Assert.EndsWith("config.json", refusal.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tied_head_may_be_stored_twice_but_not_differently()
    {
        Dictionary<string, PlainTensor> weights = RandomModel.Create(_shape, 1);
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"];
        Assert.Equal(64, ReadFolder(new CheckpointFolder(_shape, weights)).Width);
        weights["lm_head.weight"] = weights["lm_head.weight"].WithValue(511, 7);
        Assert.Equal("tie_word_embeddings", Assert.Throws<ModelFormatException>(() => ReadFolder(new CheckpointFolder(_shape, weights))).Field);
    }

    [Fact]
    public void A_checkpoint_needs_its_configuration()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("model.safetensors", CheckpointFolder.SafetensorsOf(RandomModel.Create(_shape, 1)));
        using ModelFile file = ModelFile.Open(path);
        Assert.EndsWith("config.json", Assert.Throws<ModelFormatException>(() => DecoderConfigReader.Read(file)).Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mistral", """{ "sliding_window": 4096 }""", 4096, true, true)]
    [InlineData("mistral", """{ }""", 4096, true, true)]
    [InlineData("mistral", """{ "sliding_window": null }""", null, false, false)]
    [InlineData("qwen2", """{ "sliding_window": 512, "use_sliding_window": true, "max_window_layers": 1 }""", 512, false, true)]
    [InlineData("qwen2", """{ "sliding_window": 512, "use_sliding_window": true, "max_window_layers": 2 }""", null, false, false)]
    [InlineData("qwen2", """{ "sliding_window": 512 }""", null, false, false)]
    [InlineData("llama", """{ "sliding_window": 77, "layer_types": ["sliding_attention", "full_attention"] }""", 77, true, false)]
    public void Windows_hold_for_the_layers_that_have_them(string family, string members, int? window, bool first, bool second)
    {
        JsonObject changed = JsonNode.Parse(members)!.AsObject();
        DecoderConfig config = Read(members, _shape with { Family = family }, remove: changed.ContainsKey("sliding_window") ? null : "sliding_window");
        Assert.Equal((window, first, second), (config.Window, config.IsLocal(0), config.IsLocal(1)));
    }

    private static DecoderConfig Read(string members, PlainShape? shape = null, string? remove = null)
    {
        var checkpoint = new CheckpointFolder(shape ?? _shape, RandomModel.Create(_shape, 1));
        if (remove is not null)
            checkpoint.Config.Remove(remove);
        foreach ((string name, JsonNode? value) in JsonNode.Parse(members)!.AsObject())
            checkpoint.Config[name] = value?.DeepClone();
        return ReadFolder(checkpoint);
    }

    private static DecoderConfig ReadFolder(CheckpointFolder checkpoint)
    {
        using TemporaryFolder folder = new();
        using ModelFile file = ModelFile.Open(checkpoint.WriteTo(folder));
        return DecoderConfigReader.Read(file);
    }
}
