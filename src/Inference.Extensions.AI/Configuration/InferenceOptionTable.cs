namespace Inference.Extensions.AI.Configuration;

/// <summary>The section of a configuration that describes an engine.</summary>
internal static class InferenceOptionTable
{
    /// <summary>The table.</summary>
    public static OptionTable<InferenceOptions> All { get; } = new()
    {
        { nameof(InferenceOptions.ModelPath), (o, v) => Set(o, () => o.ModelPath = v.IsNull ? null : v.ReadText()) },
        { nameof(InferenceOptions.ModelId), (o, v) => Set(o, () => o.ModelId = v.IsNull ? null : v.ReadText()) },
        { nameof(InferenceOptions.ChatTemplatePath), (o, v) => Set(o, () => o.ChatTemplatePath = v.IsNull ? null : v.ReadText()) },
        { nameof(InferenceOptions.WarmUp), (o, v) => Set(o, () => o.WarmUp = v.Read<bool>()) },
        { nameof(InferenceOptions.Engine), (o, v) => Set(o, () => o.Engine = EngineOptionTable.All.Read(o.Engine, v)) },
        { nameof(InferenceOptions.Generation), (o, v) => Set(o, () => o.Generation = GenerationOptionTable.All.Read(o.Generation, v)) },
    };

    private static InferenceOptions Set(InferenceOptions options, Action set)
    {
        set();
        return options;
    }
}
