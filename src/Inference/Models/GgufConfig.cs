using Inference.Formats;

namespace Inference.Models;

/// <summary>Reads a decoder's dimensions from the metadata of a GGUF file.</summary>
internal sealed class GgufConfig
{
    /// <summary>Factors and caps of other families; a file that sets one computes something else.</summary>
    private static readonly string[] _otherwise =
        ["attention.scale", "attention.clamp_kqv", "attention.max_alibi_bias", "attn_logit_softcapping", "final_logit_softcapping", "logit_scale", "embedding_scale", "residual_scale"];

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
        RefuseUnsupported();
        int width = Int("embedding_length");
        int heads = Int("attention.head_count");
        int headSize = OptionalInt("attention.key_length") ?? DecoderConfig.DefaultHeadSize(width, heads);
        int context = Int("context_length");
        var config = new DecoderConfig(
            architecture,
            width,
            Int("block_count"),
            heads,
            OptionalInt("attention.head_count_kv") ?? heads,
            headSize,
            Int("feed_forward_length"),
            context,
            _file.GetSingle(_prefix + "attention.layer_norm_rms_epsilon"),
            architecture.GgufRope,
            GgufRope.Read(_file, _prefix, headSize, context));
        if (config.FindProblem() is { } found)
            throw Error(KeyOf(found.Member), $"{found.Problem} cannot be");
        if ((OptionalInt("attention.value_length") ?? headSize) is var valueSize && valueSize != headSize)
            throw Error("attention.value_length", $"value heads of {valueSize} beside key heads of {headSize} are not supported");
        return config;
    }

    private void RefuseUnsupported()
    {
        if (OptionalInt("expert_count") is not (null or 0) and { } experts)
            throw Error("expert_count", $"a mixture of {experts} experts is not supported");
        if (OptionalInt("attention.sliding_window") is not (null or 0) and { } window)
            throw Error("attention.sliding_window", $"a sliding window of {window} tokens is not supported");
        foreach (string key in _otherwise)
        {
            if (_file.FindSingle(_prefix + key) is not (null or 0) and { } value)
                throw Error(key, $"a value of {value} is not supported");
        }
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
        nameof(DecoderConfig.Epsilon) => "attention.layer_norm_rms_epsilon",
        nameof(RopeSettings.Theta) => "rope.freq_base",
        nameof(RopeSettings.Dimensions) => "rope.dimension_count",
        nameof(RopeSettings.Factor) => "rope.scaling.factor",
        nameof(RopeSettings.OriginalContextLength) => "rope.scaling.original_context_length",
        nameof(RopeSettings.BetaFast) => "rope.scaling.yarn_beta_fast",
        nameof(RopeSettings.Magnitude) => "rope.scaling.attn_factor",
        _ => member,
    };

    private int Int(string key) => _file.GetInt32(_prefix + key);

    private int? OptionalInt(string key) => _file.FindInt32(_prefix + key);

    private ModelFormatException Error(string key, string problem) =>
        new(_file.Path, key == nameof(RopeSettings.Divisors) ? TensorNames.RopeDivisors : _prefix + key, -1, problem);
}
