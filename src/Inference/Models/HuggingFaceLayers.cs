namespace Inference.Models;

/// <summary>Reads from a Hugging Face configuration in what its layers differ.</summary>
internal sealed class HuggingFaceLayers(ConfigObject config, DecoderArchitecture architecture, string type, int layers)
{
    private const string LayerTypes = "layer_types";

    /// <summary>Mistral's models have a window unless they say null.</summary>
    private const int WindowOfMistral = 4096;

    /// <summary>The configuration with windows, missing rotary embeddings and layers without experts.</summary>
    public DecoderConfig Complete(DecoderConfig read)
    {
        bool[]? listed = ReadTypes();
        int? window = FindWindow();
        if (listed is not null && listed.Contains(true) && window is null)
            throw config.Error(LayerTypes, "layers have a window, and its size is not stated");
        bool[] local = listed ?? ReadPattern();
        // A window that no layer has is none.
        if (local.Length > 0 && !local.Contains(true))
            window = null;
        DecoderConfig complete = read with
        {
            Window = window,
            LocalLayers = local,
            RopelessLayers = ReadRopeless(),
            DenseLayers = read.Experts == 0 ? [] : ReadDense(),
        };
        return complete.FindProblem() is { } found ? throw config.Error(found.Member == nameof(DecoderConfig.Window) ? "sliding_window" : found.Member, $"{found.Problem} cannot be") : complete;
    }

    private bool[]? ReadTypes()
    {
        IReadOnlyList<string> types = config.FindStrings(LayerTypes);
        if (types.Count == 0)
            return null;
        if (types.FirstOrDefault(t => t is not ("full_attention" or "sliding_attention")) is { } unknown)
            throw config.Error(LayerTypes, $"layers of type '{unknown}' are not supported");
        return types.Count == layers ? [.. types.Select(t => t == "sliding_attention")] : throw config.Error(LayerTypes, $"{types.Count} values for {layers} layers");
    }

    private int? FindWindow()
    {
        if (architecture.SwitchesWindow && config.FindBoolean("use_sliding_window") != true)
            return null;
        if (config.FindBoolean("use_sliding_window") == false)
            return null;
        return config.FindInt32("sliding_window") ?? (config.Has("sliding_window") ? null : type == "mistral" ? WindowOfMistral : architecture.DefaultWindow);
    }

    private bool[] ReadPattern()
    {
        if (architecture.SwitchesWindow && config.FindInt32("max_window_layers") is { } first)
            return [.. Enumerable.Range(0, layers).Select(layer => layer >= first)];
        int period = architecture.GlobalEvery == 0 ? 0 : config.FindInt32("sliding_window_pattern") ?? architecture.GlobalEvery;
        return period >= 0 ? LayerPattern.AllButLastOfEach(period, layers) : throw config.Error("sliding_window_pattern", $"a pattern of {period} layers cannot be");
    }

    private bool[] ReadRopeless()
    {
        if (architecture.RopelessEvery == 0)
            return [];
        if (config.FindNumbers("no_rope_layers") is { } list)
            return list.Length == layers ? Array.ConvertAll(list, has => has == 0) : throw config.Error("no_rope_layers", $"{list.Length} values for {layers} layers");
        return LayerPattern.LastOfEach(config.FindInt32("no_rope_layer_interval") ?? architecture.RopelessEvery, layers);
    }

    private bool[] ReadDense()
    {
        int step = config.FindInt32("decoder_sparse_step") ?? 1;
        if (step < 1)
            throw config.Error("decoder_sparse_step", $"experts in each {step}th layer cannot be");
        double[] dense = config.FindNumbers("mlp_only_layers") ?? [];
        return [.. Enumerable.Range(0, layers).Select(layer => (layer + 1) % step != 0 || dense.Contains(layer))];
    }
}
