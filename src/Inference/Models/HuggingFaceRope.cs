namespace Inference.Models;

/// <summary>Reads the rotary embedding of a Hugging Face configuration.</summary>
internal static class HuggingFaceRope
{
    /// <param name="config">The configuration.</param>
    /// <param name="headSize">Elements a head.</param>
    /// <param name="context">Its max_position_embeddings.</param>
    /// <param name="usualTheta">The base where none is stated.</param>
    public static RopeSettings Read(ConfigObject config, int headSize, int context, double usualTheta)
    {
        // Older files have rope_theta at the top and rope_scaling beside it; newer ones have both in rope_parameters.
        string name = config.FindObject("rope_parameters") is null ? "rope_scaling" : "rope_parameters";
        ConfigObject? parameters = config.FindObject(name);
        if (parameters?.FindNested() is { } nested)
            throw config.Error($"{name}.{nested}", "rotary embeddings that differ from layer to layer are not supported for this architecture");
        return Read(config, parameters, name, headSize, context, usualTheta);
    }

    /// <summary>Reads both rotary embeddings of a family whose layers with a window have their own.</summary>
    /// <inheritdoc cref="Read(ConfigObject, int, int, double)"/>
    public static (RopeSettings Global, RopeSettings Local) ReadBoth(ConfigObject config, int headSize, int context, double usualTheta, double usualLocalTheta)
    {
        if (config.FindObject("rope_parameters") is { } both && both.FindNested() is not null)
        {
            RopeSettings Nested(string kind, double theta) =>
                Read(config, both.FindObject(kind) ?? throw both.Missing(kind), $"rope_parameters.{kind}", headSize, context, theta);
            return (Nested("full_attention", usualTheta), Nested("sliding_attention", usualLocalTheta));
        }

        RopeSettings global = Read(config, headSize, context, usualTheta);
        return (global, new RopeSettings { Theta = config.FindNumber("rope_local_base_freq") ?? usualLocalTheta, Dimensions = global.Dimensions });
    }

    private static RopeSettings Read(ConfigObject config, ConfigObject? parameters, string name, int headSize, int context, double usualTheta)
    {
        double theta = parameters?.FindNumber("rope_theta") ?? config.FindNumber("rope_theta") ?? usualTheta;
        double partial = parameters?.FindNumber("partial_rotary_factor") ?? config.FindNumber("partial_rotary_factor") ?? 1;
        if (!(partial > 0 && partial <= 1))
            throw config.Error("partial_rotary_factor", $"{partial} is not a share of a head");
        var settings = new RopeSettings { Theta = theta, Dimensions = (int)(headSize * partial) };
        if (parameters is not { } scaling)
            return settings;

        string? kind = scaling.FindString("rope_type") ?? scaling.FindString("type");
        if (kind is null && scaling.Has("factor"))
            throw scaling.Error("rope_type", "a rope scaling has a factor and no type");
        return kind switch
        {
            null or "default" => settings,
            "linear" => settings with { Scaling = RopeScalingKind.Linear, Factor = scaling.GetNumber("factor") },
            "llama3" => settings with
            {
                Scaling = RopeScalingKind.Llama3,
                Factor = scaling.GetNumber("factor"),
                OriginalContextLength = scaling.GetNumber("original_max_position_embeddings"),
                LowFrequencyFactor = scaling.GetNumber("low_freq_factor"),
                HighFrequencyFactor = scaling.GetNumber("high_freq_factor"),
            },
            "yarn" => ReadYarn(settings, scaling, context),
            "longrope" or "su" when scaling.Has("short_factor") => ReadLong(settings, config, scaling, context),
            _ => throw config.Error(name, $"rope scaling '{kind}' is not supported (supported: default, linear, llama3, yarn, and longrope with its factors)"),
        };
    }

    private static RopeSettings ReadYarn(RopeSettings settings, ConfigObject scaling, int context)
    {
        double original = scaling.FindNumber("original_max_position_embeddings") ?? context;
        // Without a factor, the context is stretched from the one length to the other.
        double factor = scaling.FindNumber("factor")
            ?? (scaling.Has("original_max_position_embeddings") ? context / original : throw scaling.Missing("factor"));
        return settings with
        {
            Scaling = RopeScalingKind.Yarn,
            Factor = factor,
            OriginalContextLength = original,
            BetaFast = scaling.FindNumber("beta_fast") ?? 32,
            BetaSlow = scaling.FindNumber("beta_slow") ?? 1,
            Magnitude = scaling.FindNumber("attention_factor") ?? YarnMagnitude(scaling, factor),
            RoundsRamp = scaling.FindBoolean("truncate") ?? true,
        };
    }

    private static RopeSettings ReadLong(RopeSettings settings, ConfigObject config, ConfigObject scaling, int context)
    {
        // The older files have the original length beside the scaling.
        double original = scaling.FindNumber("original_max_position_embeddings") ?? config.FindNumber("original_max_position_embeddings") ?? context;
        return settings with
        {
            Scaling = RopeScalingKind.LongRope,
            OriginalContextLength = original,
            Factor = scaling.FindNumber("factor") ?? context / original,
            Magnitude = scaling.FindNumber("attention_factor"),
            ShortDivisors = scaling.FindNumbers("short_factor"),
            LongDivisors = scaling.FindNumbers("long_factor"),
        };
    }

    private static double? YarnMagnitude(ConfigObject scaling, double factor) =>
        scaling.FindNumber("mscale") is { } scale && scaling.FindNumber("mscale_all_dim") is { } all && scale != 0 && all != 0
            ? RopeSettings.YarnMagnitude(factor, scale) / RopeSettings.YarnMagnitude(factor, all)
            : null;
}
