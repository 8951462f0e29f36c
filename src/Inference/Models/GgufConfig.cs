using Inference.Formats;

namespace Inference.Models;

/// <summary>Reads a decoder's dimensions from the metadata of a GGUF file.</summary>
internal sealed class GgufConfig
{
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
        int width = Int("embedding_length");
        int heads = Int("attention.head_count");
        int headSize = OptionalInt("attention.key_length") ?? width / Math.Max(heads, 1);
        int valueSize = OptionalInt("attention.value_length") ?? headSize;
        if (valueSize != headSize)
            throw Error("attention.value_length", $"value heads of {valueSize} beside key heads of {headSize} are not supported");
        if (OptionalInt("expert_count") is > 0 and int experts)
            throw Error("expert_count", $"a mixture of {experts} experts is not supported");
        if (OptionalInt("attention.sliding_window") is > 0 and int window)
            throw Error("attention.sliding_window", $"a sliding window of {window} tokens is not supported");
        return new DecoderConfig(
            architecture,
            width,
            Int("block_count"),
            heads,
            OptionalInt("attention.head_count_kv") ?? heads,
            headSize,
            Int("feed_forward_length"),
            Int("context_length"),
            (float)Number("attention.layer_norm_rms_epsilon"),
            architecture.GgufRope,
            ReadRope(headSize));
    }

    private RopeSettings ReadRope(int headSize)
    {
        var settings = new RopeSettings
        {
            Theta = OptionalNumber("rope.freq_base") ?? 10000,
            Dimensions = OptionalInt("rope.dimension_count") ?? headSize,
            Divisors = ReadDivisors(),
        };
        // Files of before the scaling keys have only a factor, for linear scaling.
        double? oldFactor = OptionalNumber("rope.scale_linear");
        string kind = OptionalString("rope.scaling.type") ?? (oldFactor is null ? "none" : "linear");
        double factor = OptionalNumber("rope.scaling.factor") ?? oldFactor ?? 1;
        return kind switch
        {
            "none" => settings,
            "linear" => settings with { Scaling = RopeScalingKind.Linear, Factor = factor },
            "yarn" => settings with
            {
                Scaling = RopeScalingKind.Yarn,
                Factor = factor,
                OriginalContextLength = OptionalNumber("rope.scaling.original_context_length") ?? Int("context_length"),
                BetaFast = OptionalNumber("rope.scaling.yarn_beta_fast") ?? 32,
                BetaSlow = OptionalNumber("rope.scaling.yarn_beta_slow") ?? 1,
                // Stated as a factor on the paper's magnitude, not instead of it.
                Magnitude = OptionalNumber("rope.scaling.attn_factor") is { } stated ? stated * RopeSettings.YarnMagnitude(factor) : null,
            },
            _ => throw Error("rope.scaling.type", $"rope scaling '{kind}' is not supported (supported: none, linear, yarn; Llama 3's comes as the tensor {TensorNames.RopeDivisors})"),
        };
    }

    private double[]? ReadDivisors()
    {
        if (!_file.Tensors.TryGetValue(TensorNames.RopeDivisors, out StoredTensor? tensor))
            return null;
        if (tensor.Type != TensorType.F32 || tensor.Shape.Length != 1 || tensor.Columns is < 1 or > 4096)
            throw new ModelFormatException(_file.Path, tensor.Name, -1, $"the divisors of the rope frequencies are {tensor.Type} {string.Join(" x ", tensor.Shape)} where a vector of F32 is expected");
        var divisors = new float[tensor.Columns];
        BlockFormat.Dequantize(tensor.Type, tensor.Row(0), divisors);
        return Array.ConvertAll(divisors, d => (double)d);
    }

    private int Int(string key) => OptionalInt(key) ?? throw Error(key, "a value is missing");

    private double Number(string key) => OptionalNumber(key) ?? throw Error(key, "a value is missing");

    private int? OptionalInt(string key) => _file.FindInt32(_prefix + key);

    private double? OptionalNumber(string key) => _file.FindSingle(_prefix + key);

    private string? OptionalString(string key) => _file.FindString(_prefix + key);

    private ModelFormatException Error(string key, string problem) => new(_file.Path, _prefix + key, -1, problem);
}
