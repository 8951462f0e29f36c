using Inference.Execution;
using Inference.Formats;

namespace Inference.Models;

/// <summary>Reads a decoder's dimensions from the metadata of a GGUF file.</summary>
internal sealed class GgufConfig
{
    /// <summary>What no family here has, and what some have: a file of another one that sets it computes something else.</summary>
    private static readonly string[] _unknown = ["attention.clamp_kqv", "attention.max_alibi_bias", "expert_shared_count", "expert_group_count", "attention.q_lora_rank", "attention.kv_lora_rank"];
    private static readonly string[] _multipliers = ["attention.scale", "logit_scale", "embedding_scale", "residual_scale"];
    private static readonly string[] _caps = ["attn_logit_softcapping", "final_logit_softcapping"];

    private readonly GgufFile _file;
    private readonly string _prefix;

    private GgufConfig(GgufFile file, string architecture)
    {
        _file = file;
        _prefix = architecture + ".";
    }

    public static DecoderConfig Read(GgufFile file)
    {
        string name = file.GetString("general.architecture");
        DecoderArchitecture architecture = DecoderArchitecture.All.FirstOrDefault(a => a.Name == name)
            ?? throw new ModelFormatException(file.Path, "general.architecture", -1, $"architecture '{name}' is not known (known: {DecoderArchitecture.KnownNames})");
        return new GgufConfig(file, name).Read(architecture);
    }

    private DecoderConfig Read(DecoderArchitecture architecture)
    {
        RefuseUnsupported(architecture);
        int width = Int("embedding_length");
        int layers = Int("block_count");
        int heads = Int("attention.head_count");
        int headSize = OptionalInt("attention.key_length") ?? DecoderConfig.DefaultHeadSize(width, heads);
        int context = Int("context_length");
        RopeSettings rope = GgufRope.Read(_file, _prefix, headSize, context, architecture);
        int feedForward = Int("feed_forward_length");
        var config = new DecoderConfig(
            architecture,
            width,
            layers,
            heads,
            OptionalInt("attention.head_count_kv") ?? heads,
            headSize,
            feedForward,
            context,
            _file.GetSingle(_prefix + EpsilonKey(architecture)),
            architecture.GgufRope,
            rope)
        {
            AttentionScale = Number("attention.scale") ?? (layers == architecture.LayersOfUnusualScale ? 1 / Math.Sqrt((double)width / heads) : null),
            EmbeddingScale = Number("embedding_scale") ?? (architecture.ScalesEmbedding ? Math.Sqrt(width) : 1),
            ResidualScale = Number("residual_scale") ?? 1,
            LogitDivisor = Number("logit_scale") ?? 1,
            AttentionCap = Number("attn_logit_softcapping") ?? (architecture.HasSoftCaps ? 50 : 0),
            LogitCap = Number("final_logit_softcapping") ?? (architecture.HasSoftCaps ? 30 : 0),
            // Some families' files carry the size of a window that is switched off, and do not say that it is.
            Window = architecture.SwitchesWindow ? null : OptionalInt("attention.sliding_window") is { } window ? (window == 0 ? null : window) : architecture.DefaultWindow,
            RopelessLayers = LayerPattern.LastOfEach(architecture.RopelessEvery, layers),
            Experts = OptionalInt("expert_count") ?? 0,
            ChosenExperts = OptionalInt("expert_used_count") ?? 0,
            NormalizesExperts = _file.FindBoolean(_prefix + "expert_weights_norm") ?? true,
            ExpertWidth = OptionalInt("expert_feed_forward_length") ?? feedForward,
            LocalRope = architecture.LocalTheta is { } theta ? new RopeSettings { Theta = Number("rope.freq_base_swa") ?? theta, Dimensions = rope.Dimensions } : null,
        };
        if (config.FindProblem() is { } found)
            throw Error(KeyOf(found.Member), $"{found.Problem} cannot be");
        if ((OptionalInt("attention.value_length") ?? headSize) is var valueSize && valueSize != headSize)
            throw Error("attention.value_length", $"value heads of {valueSize} beside key heads of {headSize} are not supported");
        // After the check of the number of layers, which the lists are as long as.
        return config with
        {
            LocalLayers = ReadLocalLayers(architecture, layers),
            DenseLayers = [.. Enumerable.Range(0, layers).Select(layer => layer < (OptionalInt("leading_dense_block_count") ?? 0))],
        };
    }

    private bool[] ReadLocalLayers(DecoderArchitecture architecture, int layers)
    {
        const string Key = "attention.sliding_window_pattern";
        if (!_file.Metadata.TryGetValue(_prefix + Key, out GgufValue? value))
            return LayerPattern.AllButLastOfEach(architecture.GlobalEvery, layers);
        if (!value.IsArray)
            return LayerPattern.AllButLastOfEach(Int(Key), layers);
        bool[] pattern = value.ElementType == GgufValueType.Bool ? [.. (bool[])value.Raw] : Array.ConvertAll(_file.FindInt32Array(_prefix + Key)!, e => e != 0);
        return pattern.Length == layers ? pattern : throw Error(Key, $"{pattern.Length} values for {layers} layers");
    }

    private static string EpsilonKey(DecoderArchitecture architecture) =>
        architecture.Norm == NormKind.Layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon";

    private void RefuseUnsupported(DecoderArchitecture architecture)
    {
        foreach (string key in _unknown.Concat(architecture.HasMultipliers ? [] : _multipliers).Concat(architecture.HasSoftCaps ? [] : _caps))
        {
            if (Number(key) is not (null or 0) and { } value)
                throw Error(key, $"a value of {value} is not supported");
        }

        if (OptionalInt("expert_gating_func") is not (null or 0 or 1 or 4) and { } gating)
            throw Error("expert_gating_func", $"experts chosen by another function ({gating}) than softmax are not supported");
        if (Number("expert_weights_scale") is not (null or 0 or 1) and { } scale)
            throw Error("expert_weights_scale", $"a value of {scale} is not supported");
    }

    private string KeyOf(string member) => member switch
    {
        nameof(DecoderConfig.Width) => "embedding_length",
        nameof(DecoderConfig.Layers) => "block_count",
        nameof(DecoderConfig.Heads) => "attention.head_count",
        nameof(DecoderConfig.KvHeads) => "attention.head_count_kv",
        nameof(DecoderConfig.HeadSize) => "attention.key_length",
        nameof(DecoderConfig.FeedForwardWidth) => "feed_forward_length",
        nameof(DecoderConfig.ContextLength) => "context_length",
        nameof(DecoderConfig.Epsilon) => _file.FindSingle(_prefix + "attention.layer_norm_epsilon") is null ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
        nameof(DecoderConfig.AttentionScale) => "attention.scale",
        nameof(DecoderConfig.EmbeddingScale) => "embedding_scale",
        nameof(DecoderConfig.ResidualScale) => "residual_scale",
        nameof(DecoderConfig.LogitDivisor) => "logit_scale",
        nameof(DecoderConfig.AttentionCap) => "attn_logit_softcapping",
        nameof(DecoderConfig.LogitCap) => "final_logit_softcapping",
        nameof(DecoderConfig.Window) => "attention.sliding_window",
        nameof(DecoderConfig.Experts) => "expert_count",
        nameof(DecoderConfig.ChosenExperts) => "expert_used_count",
        nameof(DecoderConfig.ExpertWidth) => "expert_feed_forward_length",
        nameof(RopeSettings.Theta) => "rope.freq_base",
        nameof(RopeSettings.Dimensions) => "rope.dimension_count",
        nameof(RopeSettings.Factor) => "rope.scaling.factor",
        nameof(RopeSettings.OriginalContextLength) => "rope.scaling.original_context_length",
        nameof(RopeSettings.BetaFast) => "rope.scaling.yarn_beta_fast",
        nameof(RopeSettings.Magnitude) => "rope.scaling.attn_factor",
        _ => member,
    };

    private double? Number(string key) => _file.FindSingle(_prefix + key);

    private int Int(string key) => _file.GetInt32(_prefix + key);

    private int? OptionalInt(string key) => _file.FindInt32(_prefix + key);

    private ModelFormatException Error(string key, string problem) =>
        new(_file.Path, key switch { nameof(RopeSettings.Divisors) => TensorNames.RopeDivisors, nameof(RopeSettings.LongDivisors) => TensorNames.LongRopeDivisors, _ => _prefix + key }, -1, problem);
}
