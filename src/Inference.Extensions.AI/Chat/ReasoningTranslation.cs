using Inference.Templating;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>Asks a model to think as much as the caller wants, by what its chat template can be told.</summary>
internal static class ReasoningTranslation
{
    private const string EffortVariable = "reasoning_effort";

    /// <summary>What <see cref="ChatTemplateOptions.EnableThinking"/> sets, the first that there is.</summary>
    private static readonly string[] _switchVariables = ["enable_thinking", "thinking"];

    /// <summary>Sets the template's variables.</summary>
    /// <param name="reasoning">What is asked for.</param>
    /// <param name="options">What the template is told otherwise.</param>
    /// <param name="template">The template; null where the model has none.</param>
    /// <exception cref="NotSupportedException">The template has nothing by which the effort could be said.</exception>
    public static ChatTemplateOptions Apply(ReasoningOptions reasoning, ChatTemplateOptions options, ChatTemplate? template)
    {
        if (reasoning.Effort is not { } effort)
            return options;
        if (!Enum.IsDefined(effort))
            throw Refuse(effort, "it is none");
        bool thinks = effort != ReasoningEffort.None;
        bool hasLevels = thinks && template?.Reads(EffortVariable) is true;
        bool hasSwitch = _switchVariables.Any(variable => template?.Reads(variable) is true);
        if (!hasLevels && !hasSwitch)
            throw Refuse(effort, "the model's chat template has no variable that says how much to think");
        if (hasLevels)
            options = options with { Variables = new Dictionary<string, object?>(options.Variables) { [EffortVariable] = Level(effort) } };
        // Most models think or do not: there, any effort is thinking.
        return hasSwitch ? options with { EnableThinking = thinks } : options;
    }

    private static string Level(ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.Low => "low",
        ReasoningEffort.Medium => "medium",
        ReasoningEffort.High => "high",
        _ => throw Refuse(effort, "the model knows low, medium and high"),
    };

    private static NotSupportedException Refuse(ReasoningEffort effort, string reason) =>
        new($"ChatOptions.Reasoning.Effort {effort} is not supported here: {reason}.");
}
