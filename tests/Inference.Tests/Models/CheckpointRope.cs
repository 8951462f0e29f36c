using System.Text.Json.Nodes;

namespace Inference.Tests.Models;

/// <summary>A rotary embedding as config.json has it.</summary>
internal static class CheckpointRope
{
    public static void AddTo(JsonObject config, PlainShape shape, CheckpointStyle style)
    {
        if (shape.Facts.LearnsPositions)
            return;
        PlainRope rope = shape.Rope;
        double partial = (double)rope.Dimensions / shape.HeadSize;
        if (style == CheckpointStyle.Published)
        {
            config["rope_theta"] = rope.Theta;
            config["rope_scaling"] = Scaling(rope, isPublished: true);
            if (partial != 1)
                config["partial_rotary_factor"] = partial;
            if (shape.LocalRope is { } ofWindows)
                config["rope_local_base_freq"] = ofWindows.Theta;
            return;
        }

        JsonObject parameters = Parameters(rope, partial);
        config["rope_parameters"] = shape.LocalRope is { } local
            ? new JsonObject { ["full_attention"] = parameters, ["sliding_attention"] = Parameters(local, partial) }
            : parameters;
    }

    private static JsonObject Parameters(PlainRope rope, double partial)
    {
        JsonObject parameters = Scaling(rope, isPublished: false) ?? new JsonObject { ["rope_type"] = "default" };
        parameters["rope_theta"] = rope.Theta;
        if (partial != 1)
            parameters["partial_rotary_factor"] = partial;
        return parameters;
    }

    private static JsonObject? Scaling(PlainRope rope, bool isPublished)
    {
        switch (rope.Kind)
        {
            case "none":
                return null;
            case "longrope":
                var factors = new JsonObject { ["short_factor"] = ListOf(rope.ShortFactors), ["long_factor"] = ListOf(rope.LongFactors) };
                // Phi-3 was published before the key was renamed, and has the original length beside this object.
                factors[isPublished ? "type" : "rope_type"] = "longrope";
                if (!isPublished)
                    factors["original_max_position_embeddings"] = (int)rope.Original;
                return factors;
        }

        var scaling = new JsonObject { ["rope_type"] = rope.Kind, ["factor"] = rope.Factor };
        if (rope.Kind != "linear")
            scaling["original_max_position_embeddings"] = (int)rope.Original;
        if (rope.Kind == "llama3")
            (scaling["low_freq_factor"], scaling["high_freq_factor"]) = (rope.LowFrequencyFactor, rope.HighFrequencyFactor);
        if (rope.Kind == "yarn" && !rope.Truncates)
            (scaling["truncate"], scaling["beta_fast"], scaling["beta_slow"]) = (false, rope.BetaFast, rope.BetaSlow);
        return scaling;
    }

    // Written as the 32-bit floats that GGUF files have, so that both files hold the same numbers.
    private static JsonArray ListOf(double[] values) => new([.. values.Select(v => JsonValue.Create((double)(float)v))]);
}
