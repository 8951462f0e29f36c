namespace Inference;

/// <summary>What a chat template is told besides the messages.</summary>
/// <remarks>Immutable; may be shared by any number of requests. What a template does not read is refused with a <see cref="ChatTemplateOptionException"/> rather than left out.</remarks>
public sealed record ChatTemplateOptions
{
    /// <summary>The tools that the model may call; empty for none.</summary>
    public IReadOnlyList<ToolDefinition> Tools { get; init; } = [];

    /// <summary>Whether a model that can think before it answers does; null leaves it to the template. The template's variable <c>enable_thinking</c>, or <c>thinking</c> where it has only that.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>Whether the beginning of an answer is put after the messages. The template's variable <c>add_generation_prompt</c>.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Whether the model goes on with the last message, an assistant's, rather than answer it; then <see cref="AddGenerationPrompt"/> does not apply.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>Further variables of the template, such as <c>documents</c>; they replace those of the same name that are set otherwise. Values as in <see cref="Templating.ChatTemplate.Render"/>.</summary>
    public IReadOnlyDictionary<string, object?> Variables { get; init; } = new Dictionary<string, object?>();

    /// <summary>A template to use instead of the model's own; null for the model's.</summary>
    public Templating.ChatTemplate? Template { get; init; }

    /// <summary>The time that the template's <c>strftime_now</c> tells; null for the clock's. Fix it where prompts must stay equal over days.</summary>
    public DateTimeOffset? Now { get; init; }
}
