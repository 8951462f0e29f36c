using System.Text.Json;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>Reads a decoder's dimensions from the config.json of a Hugging Face checkpoint.</summary>
internal sealed class HuggingFaceConfig
{
    private readonly string _path;
    private readonly JsonElement _config;

    private HuggingFaceConfig(string path, JsonElement config)
    {
        _path = path;
        _config = config;
    }

    public static DecoderConfig Read(SafetensorsModel file)
    {
        string path = Path.Combine(file.Folder, "config.json");
        JsonElement config = file.Config ?? throw new ModelFormatException(path, null, -1, "a checkpoint needs its configuration, and there is none");
        return new HuggingFaceConfig(path, config).Read(file.Tensors);
    }

    private DecoderConfig Read(IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        if (_config.ValueKind != JsonValueKind.Object)
            throw Error("model_type", "the configuration is no JSON object");
        string type = String("model_type") ?? throw Error("model_type", "a value is missing");
        DecoderArchitecture architecture = DecoderArchitecture.All.FirstOrDefault(a => a.HuggingFaceTypes.Contains(type))
            ?? throw Error("model_type", $"architecture '{type}' is not known (known: {DecoderArchitecture.KnownNames})");
        RefuseUnsupported(tensors);

        int width = Int("hidden_size") ?? throw Error("hidden_size", "a value is missing");
        int heads = Int("num_attention_heads") ?? throw Error("num_attention_heads", "a value is missing");
        int headSize = Int("head_dim") ?? width / Math.Max(heads, 1);
        int context = Int("max_position_embeddings") ?? throw Error("max_position_embeddings", "a value is missing");
        return new DecoderConfig(
            architecture,
            width,
            Int("num_hidden_layers") ?? throw Error("num_hidden_layers", "a value is missing"),
            heads,
            Int("num_key_value_heads") ?? heads,
            headSize,
            Int("intermediate_size") ?? throw Error("intermediate_size", "a value is missing"),
            context,
            (float)(Number(_config, "rms_norm_eps") ?? 1e-6),
            RopeKind.Halves,
            ReadRope(headSize, context));
    }

    /// <summary>What would change the computation and is not computed here is refused, never ignored.</summary>
    private void RefuseUnsupported(IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        string activation = String("hidden_act") ?? "silu";
        if (activation is not ("silu" or "swish"))
            throw Error("hidden_act", $"activation '{activation}' is not supported for this architecture");
        bool usesWindow = Get("use_sliding_window") is not { ValueKind: JsonValueKind.False };
        if (usesWindow && Get("sliding_window") is { ValueKind: JsonValueKind.Number } window)
            throw Error("sliding_window", $"a sliding window of {window} tokens is not supported");
        bool tied = Get("tie_word_embeddings") is { ValueKind: JsonValueKind.True };
        if (!tied && tensors.ContainsKey("model.embed_tokens.weight") && !tensors.ContainsKey("lm_head.weight"))
            throw Error("tie_word_embeddings", "embedding and head are not tied, and the tensor 'lm_head.weight' is missing");
    }

    private RopeSettings ReadRope(int headSize, int context)
    {
        // Older files have rope_theta at the top and rope_scaling beside it; newer ones have both in rope_parameters.
        JsonElement? parameters = Object("rope_parameters") ?? Object("rope_scaling");
        double theta = Number(parameters, "rope_theta") ?? Number(_config, "rope_theta") ?? 10000;
        double partial = Number(parameters, "partial_rotary_factor") ?? Number(_config, "partial_rotary_factor") ?? 1;
        var settings = new RopeSettings { Theta = theta, Dimensions = (int)(headSize * Math.Clamp(partial, 0, 1)) };
        if (parameters is not { } scaling)
            return settings;

        string kind = String(scaling, "rope_type") ?? String(scaling, "type") ?? "default";
        double factor = Number(scaling, "factor") ?? 1;
        double original = Number(scaling, "original_max_position_embeddings") ?? Number(_config, "original_max_position_embeddings") ?? context;
        return kind switch
        {
            "default" => settings,
            "linear" => settings with { Scaling = RopeScalingKind.Linear, Factor = factor },
            "llama3" => settings with
            {
                Scaling = RopeScalingKind.Llama3,
                Factor = factor,
                OriginalContextLength = original,
                LowFrequencyFactor = Number(scaling, "low_freq_factor") ?? 1,
                HighFrequencyFactor = Number(scaling, "high_freq_factor") ?? 4,
            },
            "yarn" => settings with
            {
                Scaling = RopeScalingKind.Yarn,
                Factor = factor,
                OriginalContextLength = original,
                BetaFast = Number(scaling, "beta_fast") ?? 32,
                BetaSlow = Number(scaling, "beta_slow") ?? 1,
                Magnitude = YarnMagnitude(scaling, factor),
                RoundsRamp = !(scaling.TryGetProperty("truncate", out JsonElement truncate) && truncate.ValueKind == JsonValueKind.False),
            },
            _ => throw Error("rope_scaling", $"rope scaling '{kind}' is not supported (supported: default, linear, llama3, yarn)"),
        };
    }

    private static double? YarnMagnitude(JsonElement scaling, double factor)
    {
        if (Number(scaling, "attention_factor") is { } stated)
            return stated;
        return Number(scaling, "mscale") is { } scale && Number(scaling, "mscale_all_dim") is { } all && scale != 0 && all != 0
            ? RopeSettings.YarnMagnitude(factor, scale) / RopeSettings.YarnMagnitude(factor, all)
            : null;
    }

    private JsonElement? Get(string name) => _config.TryGetProperty(name, out JsonElement value) ? value : null;

    private JsonElement? Object(string name) => Get(name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    private string? String(string name) => String(_config, name);

    private static string? String(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement? element, string name) =>
        element is { } parent && parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private int? Int(string name)
    {
        if (Get(name) is not { } value || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Error(name, $"{value} is no whole number in range");
    }

    private ModelFormatException Error(string field, string problem) => new(_path, field, -1, problem);
}
