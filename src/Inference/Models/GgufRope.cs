using Inference.Formats;

namespace Inference.Models;

/// <summary>Reads the rotary embedding of a GGUF file.</summary>
internal static class GgufRope
{
    /// <param name="file">The file.</param>
    /// <param name="prefix">What the keys start with: the architecture and a dot.</param>
    /// <param name="headSize">Elements a head.</param>
    /// <param name="context">Its context length.</param>
    /// <param name="architecture">Its family.</param>
    public static RopeSettings Read(GgufFile file, string prefix, int headSize, int context, DecoderArchitecture architecture)
    {
        double? Number(string key) => file.FindSingle(prefix + key);
        ModelFormatException Error(string key, string problem) => new(file.Path, prefix + key, -1, problem);

        var settings = new RopeSettings
        {
            Theta = Number("rope.freq_base") ?? 10000,
            Dimensions = file.FindInt32(prefix + "rope.dimension_count") ?? headSize,
            Divisors = ReadDivisors(file, TensorNames.RopeDivisors),
            ShortDivisors = ReadDivisors(file, TensorNames.ShortRopeDivisors),
            LongDivisors = ReadDivisors(file, TensorNames.LongRopeDivisors),
        };
        // Files of before the scaling keys have only a factor, under either key, for linear scaling; 0 stands for none.
        double factor = Number("rope.scaling.factor") ?? Number("rope.scale_linear") ?? 1;
        string kind = file.FindString(prefix + "rope.scaling.type") ?? "linear";
        factor = factor == 0 ? 1 : factor;
        double attention = (Number("rope.scaling.attn_factor") ?? 1) * (Number("rope.scaling.yarn_attn_factor") ?? 1);
        if (architecture.HasLongRope && (settings.ShortDivisors ?? settings.LongDivisors) is not null)
            return ReadLong(settings, file, prefix, context);
        if (kind != "yarn" && attention != 1)
            throw Error("rope.scaling.attn_factor", $"an attention factor of {attention} is supported for YaRN and LongRoPE alone");
        if (Number("rope.scaling.yarn_ext_factor") is { } extrapolation and not (1 or -1))
            throw Error("rope.scaling.yarn_ext_factor", $"an extrapolation factor of {extrapolation} is not supported");
        return kind switch
        {
            "none" => settings,
            "linear" => factor == 1 ? settings : settings with { Scaling = RopeScalingKind.Linear, Factor = factor },
            "yarn" => settings with
            {
                Scaling = RopeScalingKind.Yarn,
                Factor = factor,
                OriginalContextLength = Number("rope.scaling.original_context_length") ?? context,
                BetaFast = Number("rope.scaling.yarn_beta_fast") ?? 32,
                BetaSlow = Number("rope.scaling.yarn_beta_slow") ?? 1,
                // Stated as a factor on the paper's magnitude, not instead of it.
                Magnitude = attention == 1 ? null : attention * RopeSettings.YarnMagnitude(factor),
                RoundsRamp = architecture.RoundsYarnRamp,
            },
            _ => throw Error("rope.scaling.type", $"rope scaling '{kind}' is not supported (supported: none, linear, yarn; Llama 3's comes as the tensor {TensorNames.RopeDivisors})"),
        };
    }

    // Phi's files have the divisors as tensors and often no type of scaling.
    private static RopeSettings ReadLong(RopeSettings settings, GgufFile file, string prefix, int context)
    {
        double original = file.FindSingle(prefix + "rope.scaling.original_context_length") ?? context;
        return settings with
        {
            Scaling = RopeScalingKind.LongRope,
            OriginalContextLength = original,
            Factor = context / original,
            Magnitude = file.FindSingle(prefix + "rope.scaling.attn_factor"),
        };
    }

    private static double[]? ReadDivisors(GgufFile file, string name)
    {
        if (!file.Tensors.TryGetValue(name, out StoredTensor? tensor))
            return null;
        if (tensor.Type != TensorType.F32 || tensor.Shape.Length != 1 || tensor.Columns is < 1 or > 4096)
            throw new ModelFormatException(file.Path, tensor.Name, -1, $"the divisors of the rope frequencies are {tensor.Type} {string.Join(" x ", tensor.Shape)} where a vector of F32 is expected");
        var divisors = new float[tensor.Columns];
        BlockFormat.Dequantize(tensor.Type, tensor.Row(0), divisors);
        return Array.ConvertAll(divisors, d => (double)d);
    }
}
