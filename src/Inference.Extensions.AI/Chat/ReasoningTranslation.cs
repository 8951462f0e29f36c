using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>Asks a model to think as much as the caller wants, by what its chat template can be told.</summary>
internal static class ReasoningTranslation
{
    private const string EffortVariable = "reasoning_effort";
    private const string SwitchVariable = "enable_thinking";

    /// <summary>Sets the template's variables.</summary>
    /// <exception cref="NotSupportedException">The template has nothing by which the effort could be said.</exception>
    public static ChatTemplateOptions Apply(ReasoningOptions? reasoning, ChatTemplateOptions template, InferenceEngine engine)
    {
        if (reasoning?.Effort is not { } effort)
            return template;
        if (effort != ReasoningEffort.None && Reads(EffortVariable, template, engine))
        {
            string level = effort switch
            {
                ReasoningEffort.Low => "low",
                ReasoningEffort.Medium => "medium",
                ReasoningEffort.High => "high",
                _ => throw Refuse(effort, "the model knows low, medium and high"),
            };
            return template with { Variables = new Dictionary<string, object?>(template.Variables) { [EffortVariable] = level } };
        }

        // Most models think or do not: there, any effort is thinking.
        if (Reads(SwitchVariable, template, engine))
            return template with { EnableThinking = effort != ReasoningEffort.None };
        throw Refuse(effort, "the model's chat template has no variable that says how much to think");
    }

    private static bool Reads(string variable, ChatTemplateOptions template, InferenceEngine engine) =>
        template.Template is null && engine.Tokenizer.ChatTemplate is { } source && source.Contains(variable, StringComparison.Ordinal);

    private static NotSupportedException Refuse(ReasoningEffort effort, string reason) =>
        new($"ChatOptions.Reasoning.Effort {effort} is not supported here: {reason}.");
}
