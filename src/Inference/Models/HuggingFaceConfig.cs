using System.Text.Json;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>Reads a decoder's dimensions from the config.json of a Hugging Face checkpoint.</summary>
/// <remarks>Where a key is absent, the default is the one of the configuration classes in the transformers library, which omit it.</remarks>
internal sealed class HuggingFaceConfig
{
    private readonly ConfigObject _config;
    private readonly string _type;
    private readonly DecoderArchitecture _architecture;
    private readonly HuggingFaceFamily _family;
    private readonly HuggingFaceTensors _tensors;

    private HuggingFaceConfig(ConfigObject whole, IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        _type = whole.FindString("model_type") ?? throw whole.Missing("model_type");
        _architecture = DecoderArchitecture.All.FirstOrDefault(a => a.HuggingFaceTypes.Contains(_type))
            ?? throw whole.Error("model_type", $"architecture '{_type}' is not known (known: {DecoderArchitecture.KnownNames})");
        _family = _architecture.HuggingFace;
        _config = _family.TextConfig is { } inner && whole.FindObject(inner) is { } text ? text : whole;
        _tensors = new HuggingFaceTensors(_family, tensors);
    }

    public static DecoderConfig Read(SafetensorsModel file)
    {
        string path = Path.Combine(file.Folder, "config.json");
        JsonElement config = file.Config ?? throw new ModelFormatException(path, null, -1, "a checkpoint needs its configuration, and there is none");
        return new HuggingFaceConfig(new ConfigObject(path, "", config), file.Tensors).Read();
    }

    private DecoderConfig Read()
    {
        int width = Int("hidden_size");
        int layers = Int("num_hidden_layers");
        int heads = Int("num_attention_heads");
        int headSize = OptionalInt("head_dim") ?? DecoderConfig.DefaultHeadSize(width, heads);
        int context = Int("max_position_embeddings");
        RefuseUnsupported();
        _tensors.CheckHead(_config, _family.TiesEmbeddings);
        (RopeSettings rope, RopeSettings? localRope) = ReadRope(headSize, context);
        int feedForward = OptionalInt("intermediate_size") ?? (_family.FeedForwardRatio > 0 ? (int)long.Min((long)_family.FeedForwardRatio * width, int.MaxValue) : throw _config.Missing("intermediate_size"));
        var config = new DecoderConfig(
            _architecture,
            width,
            layers,
            heads,
            _family.KvHeads?.Invoke(_config, heads) ?? OptionalInt("num_key_value_heads") ?? heads,
            headSize,
            feedForward,
            context,
            (float)(Number("rms_norm_eps") ?? 1e-6),
            RopeKind.Halves,
            rope)
        {
            AttentionScale = _architecture.HasMultipliers ? Number("attention_multiplier") ?? 1 : Number("query_pre_attn_scalar") is { } scalar ? 1 / Math.Sqrt(scalar) : null,
            EmbeddingScale = Multiplier("embedding_multiplier") ?? (_architecture.ScalesEmbedding ? Math.Sqrt(width) : 1),
            ResidualScale = Multiplier("residual_multiplier") ?? 1,
            LogitDivisor = Multiplier("logits_scaling") ?? 1,
            AttentionCap = _architecture.HasSoftCaps ? Number("attn_logit_softcapping") ?? 0 : 0,
            LogitCap = _architecture.HasSoftCaps ? Number("final_logit_softcapping") ?? 0 : 0,
            LocalRope = localRope,
            Experts = OptionalInt("num_local_experts") ?? 0,
            ChosenExperts = OptionalInt("num_experts_per_tok") ?? 0,
            NormalizesExperts = _config.FindBoolean("norm_topk_prob") ?? _family.NormalizesExperts,
            ExpertWidth = OptionalInt("moe_intermediate_size") ?? feedForward,
        };
        if (config.FindProblem() is { } found)
            throw _config.Error(KeyOf(found.Member), $"{found.Problem} cannot be");
        return new HuggingFaceLayers(_config, _architecture, _type, layers).Complete(config);
    }

    private (RopeSettings Global, RopeSettings? Local) ReadRope(int headSize, int context)
    {
        double theta = _family.Defaults.GetValueOrDefault("rope_theta", 10000);
        if (_architecture.LearnsPositions)
            return (new RopeSettings { Theta = theta, Dimensions = headSize }, null);
        return _architecture.LocalTheta is { } local
            ? HuggingFaceRope.ReadBoth(_config, headSize, context, theta, local)
            : (HuggingFaceRope.Read(_config, headSize, context, theta), null);
    }

    /// <summary>What would change the computation and is not computed here is refused, never ignored.</summary>
    private void RefuseUnsupported()
    {
        string key = _family.Key("hidden_act");
        string[] names = _family.Activations ?? _architecture.Activation switch
        {
            Activation.GeluTanh => ["gelu_pytorch_tanh", "gelu_new", "gelu_fast"],
            Activation.Gelu => ["gelu"],
            _ => ["silu", "swish"],
        };
        if (_config.FindString(key) is { } activation && !names.Contains(activation))
            throw _config.Error(key, $"activation '{activation}' is not supported for this architecture");
        if (_config.FindObject("quantization_config") is { } quantization && quantization.FindString("quant_method") is var method && (method is null || method != _family.Quantization))
            throw _config.Error("quantization_config", $"checkpoints quantised by '{method}' are not supported");
        if (!_architecture.HasSoftCaps)
        {
            foreach (string cap in (string[])["attn_logit_softcapping", "final_logit_softcapping"])
            {
                if (_config.FindNumber(cap) is { } value and not 0)
                    throw _config.Error(cap, $"a soft cap of {value} is not supported for this architecture");
            }
        }

        _family.Check?.Invoke(_config);
        // The biases are taken where the tensors are there; a promise that the tensors do not keep is a damaged file.
        RequireTensor("attention_bias", "attn_q.bias");
        RequireTensor("mlp_bias", "ffn_up.bias");
        RequireTensor("use_bias", "attn_q.bias");
        RequireTensor("bias", "attn_qkv.bias");
    }

    private void RequireTensor(string key, string part)
    {
        string name = TensorNames.InLayer(0, part);
        if (_config.FindBoolean(key) == true && !_tensors.Has(name))
            throw _config.Error(key, $"the tensor '{_tensors.NameOf(name)}', which this asks for, is missing");
    }

    private double? Multiplier(string key) => _architecture.HasMultipliers ? Number(key) : null;

    private double? Number(string usual) => _config.FindNumber(_family.Key(usual)) ?? (_family.Defaults.TryGetValue(usual, out double value) ? value : null);

    private int? OptionalInt(string usual) => _config.FindInt32(_family.Key(usual)) ?? (_family.Defaults.TryGetValue(usual, out double value) ? (int)value : null);

    private int Int(string usual) => OptionalInt(usual) ?? throw _config.Missing(_family.Key(usual));

    private string KeyOf(string member)
    {
        string rope = _config.FindObject("rope_parameters") is null ? "rope_scaling." : "rope_parameters.";
        return member switch
        {
            nameof(DecoderConfig.Width) => _family.Key("hidden_size"),
            nameof(DecoderConfig.Layers) => _family.Key("num_hidden_layers"),
            nameof(DecoderConfig.Heads) => _family.Key("num_attention_heads"),
            nameof(DecoderConfig.KvHeads) => _family.KvHeads is null ? "num_key_value_heads" : "num_kv_heads",
            nameof(DecoderConfig.HeadSize) => "head_dim",
            nameof(DecoderConfig.FeedForwardWidth) => _family.Key("intermediate_size"),
            nameof(DecoderConfig.ContextLength) => _family.Key("max_position_embeddings"),
            nameof(DecoderConfig.Epsilon) => _family.Key("rms_norm_eps"),
            nameof(DecoderConfig.AttentionScale) => _architecture.HasMultipliers ? "attention_multiplier" : "query_pre_attn_scalar",
            nameof(DecoderConfig.EmbeddingScale) => "embedding_multiplier",
            nameof(DecoderConfig.ResidualScale) => "residual_multiplier",
            nameof(DecoderConfig.LogitDivisor) => "logits_scaling",
            nameof(DecoderConfig.AttentionCap) => "attn_logit_softcapping",
            nameof(DecoderConfig.LogitCap) => "final_logit_softcapping",
            nameof(DecoderConfig.Experts) => _family.Key("num_local_experts"),
            nameof(DecoderConfig.ChosenExperts) => "num_experts_per_tok",
            nameof(DecoderConfig.ExpertWidth) => "moe_intermediate_size",
            nameof(RopeSettings.Theta) => _config.Has("rope_theta") ? "rope_theta" : rope + "rope_theta",
            nameof(RopeSettings.Dimensions) => "partial_rotary_factor",
            nameof(RopeSettings.Factor) => rope + "factor",
            nameof(RopeSettings.OriginalContextLength) => rope + "original_max_position_embeddings",
            nameof(RopeSettings.LowFrequencyFactor) => rope + "low_freq_factor",
            nameof(RopeSettings.BetaFast) => rope + "beta_fast",
            nameof(RopeSettings.Magnitude) => rope + "attention_factor",
            nameof(RopeSettings.LongDivisors) => rope + "long_factor",
            _ => member,
        };
    }
}
