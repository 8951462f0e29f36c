using Inference.Extensions.AI.Configuration;

namespace Inference.Extensions.AI;

/// <summary>An engine of a host: what it loads, and how.</summary>
/// <remarks>
/// <para>Read once, when the engine loads; later changes of a configuration change nothing. Validated when the host starts.</para>
/// <para>In a configuration, each property is a key of the engine's section; <see cref="Engine"/> and <see cref="Generation"/> are sections
/// with the names of their properties, but for those of <see cref="EngineOptions"/> that are objects of the host's (<see cref="EngineOptions.Device"/>,
/// <see cref="EngineOptions.Tokenizer"/>, <see cref="EngineOptions.LoggerFactory"/>, <see cref="EngineOptions.TimeProvider"/>): set these in code. Times are written <c>hh:mm:ss</c>;
/// <see cref="EngineOptions.KvSpill"/> is a section with <c>MaxBytes</c> and, for a file, <c>Folder</c>;
/// <see cref="GenerationOptions.ContextPolicy"/> is <c>Refuse</c>, <c>DropOldestTurns</c> or <c>SlidingWindow(8)</c>. Unknown keys are errors.</para>
/// </remarks>
public sealed class InferenceOptions
{
    /// <summary>The model: a GGUF file, a safetensors file, or a folder. A relative path begins at the host's content root, without a host at the current directory. Required.</summary>
    public string? ModelPath { get; set; }

    /// <summary>The name by which clients know the model (<see cref="ChatClientSettings.ModelId"/>). Null: <see cref="ModelInfo.Name"/>.</summary>
    public string? ModelId { get; set; }

    /// <summary>A file with a chat template to use instead of the model's own; relative as <see cref="ModelPath"/>. Null: the model's.</summary>
    public string? ChatTemplatePath { get; set; }

    /// <summary>How the engine is set up. Where it has no logger factory or clock, it takes the host's.</summary>
    public EngineOptions Engine { get; set; } = new();

    /// <summary>What holds for chat requests that do not say otherwise. The engine itself, used directly, knows nothing of it.</summary>
    public GenerationOptions Generation { get; set; } = new();

    /// <summary>Whether a short request is computed when the model has loaded, so that the first caller does not wait for the code to be compiled. True by default.</summary>
    public bool WarmUp { get; set; } = true;

    /// <summary>What was wrong with the configuration that this was read from.</summary>
    internal OptionErrors Errors { get; } = new();
}
