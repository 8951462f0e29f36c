using System.Text.Json;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>Reads a decoder's dimensions from the config.json of a Hugging Face checkpoint.</summary>
/// <remarks>Where a key is absent, the default is the one of the configuration classes in the transformers library, which omit it.</remarks>
internal sealed class HuggingFaceConfig
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = "lm_head.weight";

    private readonly ConfigObject _config;
    private readonly string _type;
    private readonly IReadOnlyDictionary<string, StoredTensor> _tensors;

    private HuggingFaceConfig(ConfigObject config, IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        _config = config;
        _tensors = tensors;
        _type = config.FindString("model_type") ?? throw config.Missing("model_type");
    }

    public static DecoderConfig Read(SafetensorsModel file)
    {
        string path = Path.Combine(file.Folder, "config.json");
        JsonElement config = file.Config ?? throw new ModelFormatException(path, null, -1, "a checkpoint needs its configuration, and there is none");
        return new HuggingFaceConfig(new ConfigObject(path, "", config), file.Tensors).Read();
    }

    private DecoderConfig Read()
    {
        DecoderArchitecture architecture = DecoderArchitecture.All.FirstOrDefault(a => a.HuggingFaceTypes.Contains(_type))
            ?? throw _config.Error("model_type", $"architecture '{_type}' is not known (known: {DecoderArchitecture.KnownNames})");
        int width = _config.GetInt32("hidden_size");
        int layers = _config.GetInt32("num_hidden_layers");
        int heads = _config.GetInt32("num_attention_heads");
        int headSize = _config.FindInt32("head_dim") ?? DecoderConfig.DefaultHeadSize(width, heads);
        int context = _config.GetInt32("max_position_embeddings");
        RefuseUnsupported(layers);
        CheckHead();
        var config = new DecoderConfig(
            architecture,
            width,
            layers,
            heads,
            _config.FindInt32("num_key_value_heads") ?? heads,
            headSize,
            _config.GetInt32("intermediate_size"),
            context,
            (float)(_config.FindNumber("rms_norm_eps") ?? 1e-6),
            RopeKind.Halves,
            HuggingFaceRope.Read(_config, headSize, context));
        return config.FindProblem() is { } found ? throw _config.Error(KeyOf(found.Member), $"{found.Problem} cannot be") : config;
    }

    /// <summary>What would change the computation and is not computed here is refused, never ignored.</summary>
    private void RefuseUnsupported(int layers)
    {
        string activation = _config.FindString("hidden_act") ?? "silu";
        if (activation is not ("silu" or "swish"))
            throw _config.Error("hidden_act", $"activation '{activation}' is not supported for this architecture");
        if (_config.FindObject("quantization_config") is { } quantization)
            throw _config.Error("quantization_config", $"checkpoints quantised by '{quantization.FindString("quant_method")}' are not supported");
        if (FindWindow(layers) is { } window)
            throw _config.Error("sliding_window", $"a sliding window of {window} tokens is not supported");
        if (_config.FindStrings("layer_types").FirstOrDefault(t => t != "full_attention") is { } layerType)
            throw _config.Error("layer_types", $"layers of type '{layerType}' are not supported");

        // The biases are taken where the tensors are there; a promise that the tensors do not keep is a damaged file.
        RequireTensor("attention_bias", "model.layers.0.self_attn.q_proj.bias");
        RequireTensor("mlp_bias", "model.layers.0.mlp.gate_proj.bias");
    }

    private double? FindWindow(int layers)
    {
        bool mayBeSwitchedOff = _type is "qwen2" or "qwen3";
        bool isOn = _config.FindBoolean("use_sliding_window") ?? !mayBeSwitchedOff;
        // Layers below max_window_layers see everything.
        if (!isOn || (mayBeSwitchedOff && _config.FindInt32("max_window_layers") >= layers))
            return null;
        // Mistral's models have a window unless they say null.
        return _config.FindNumber("sliding_window") ?? (_type == "mistral" && !_config.Has("sliding_window") ? 4096 : null);
    }

    private void RequireTensor(string key, string tensor)
    {
        if (_config.FindBoolean(key) == true && !_tensors.ContainsKey(tensor))
            throw _config.Error(key, $"the tensor '{tensor}', which this asks for, is missing");
    }

    private void CheckHead()
    {
        StoredTensor? embedding = _tensors.GetValueOrDefault(Embedding);
        StoredTensor? head = _tensors.GetValueOrDefault(Head);
        if (_config.FindInt32("vocab_size") is { } size && (embedding ?? head) is { } table && table.Rows != size)
            throw _config.Error("vocab_size", $"a vocabulary of {size} tokens is stated, and the tensor '{table.Name}' has {table.Rows} rows");
        bool isTied = _config.FindBoolean("tie_word_embeddings") ?? false;
        if (!isTied && (embedding is null || head is null))
            throw _config.Error("tie_word_embeddings", $"embedding and head are not tied, and the tensor '{(head is null ? Head : Embedding)}' is missing");
        if (isTied && embedding is not null && head is not null && !AreEqual(embedding, head))
            throw _config.Error("tie_word_embeddings", $"embedding and head are tied, and the tensors '{Embedding}' and '{Head}' differ");
    }

    private static bool AreEqual(StoredTensor one, StoredTensor other)
    {
        if (one.Type != other.Type || !one.Shape.AsSpan().SequenceEqual(other.Shape))
            return false;
        for (long row = 0; row < one.Rows; row++)
        {
            if (!one.Row(row).SequenceEqual(other.Row(row)))
                return false;
        }

        return true;
    }

    private string KeyOf(string member)
    {
        string rope = _config.FindObject("rope_parameters") is null ? "rope_scaling." : "rope_parameters.";
        return member switch
        {
            nameof(DecoderConfig.Width) => "hidden_size",
            nameof(DecoderConfig.Layers) => "num_hidden_layers",
            nameof(DecoderConfig.Heads) => "num_attention_heads",
            nameof(DecoderConfig.KvHeads) => "num_key_value_heads",
            nameof(DecoderConfig.HeadSize) => "head_dim",
            nameof(DecoderConfig.FeedForwardWidth) => "intermediate_size",
            nameof(DecoderConfig.ContextLength) => "max_position_embeddings",
            nameof(DecoderConfig.Epsilon) => "rms_norm_eps",
            nameof(RopeSettings.Theta) => _config.Has("rope_theta") ? "rope_theta" : rope + "rope_theta",
            nameof(RopeSettings.Dimensions) => "partial_rotary_factor",
            nameof(RopeSettings.Factor) => rope + "factor",
            nameof(RopeSettings.OriginalContextLength) => rope + "original_max_position_embeddings",
            nameof(RopeSettings.LowFrequencyFactor) => rope + "low_freq_factor",
            nameof(RopeSettings.BetaFast) => rope + "beta_fast",
            nameof(RopeSettings.Magnitude) => rope + "attention_factor",
            _ => member,
        };
    }
}
