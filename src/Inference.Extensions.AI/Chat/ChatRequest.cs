using Inference.Templating;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>A request in the engine's terms.</summary>
/// <param name="Messages">The conversation.</param>
/// <param name="Generation">How to generate.</param>
/// <param name="Template">What the chat template is told besides.</param>
/// <param name="ShowsReasoning">Whether the reasoning is part of the response.</param>
/// <param name="AllowsManyCalls">Whether a response may hold more than one tool call.</param>
internal sealed record ChatRequest(IReadOnlyList<Message> Messages, GenerationOptions Generation, ChatTemplateOptions Template, bool ShowsReasoning, bool AllowsManyCalls)
{
    /// <summary>Translates what a caller gave; nothing of it is kept.</summary>
    /// <exception cref="NotSupportedException">A field or a content cannot be honoured; the message names it.</exception>
    /// <exception cref="ArgumentException">A value is none that the field can have.</exception>
    public static ChatRequest Read(IEnumerable<ChatMessage> messages, ChatOptions? options, IChatClient client, ChatClientSettings settings, Func<ChatTemplate?> chatTemplate)
    {
        if (options is null)
            return new ChatRequest(MessageTranslation.Read(messages, instructions: null), settings.Generation, settings.Template, ShowsReasoning: true, AllowsManyCalls: true);

        Refusals.Check(options, settings.ModelId!);
        GenerationOptions generation = options.RawRepresentationFactory?.Invoke(client) switch
        {
            null => settings.Generation,
            GenerationOptions given => given,
            { } other => throw new NotSupportedException($"ChatOptions.RawRepresentationFactory returned a {other.GetType()}; this client takes Inference.GenerationOptions."),
        };
        generation = generation with
        {
            Temperature = options.Temperature ?? generation.Temperature,
            TopP = options.TopP ?? generation.TopP,
            TopK = options.TopK ?? generation.TopK,
            MaxOutputTokens = options.MaxOutputTokens ?? generation.MaxOutputTokens,
            FrequencyPenalty = options.FrequencyPenalty ?? generation.FrequencyPenalty,
            PresencePenalty = options.PresencePenalty ?? generation.PresencePenalty,
            Seed = options.Seed is { } seed ? unchecked((ulong)seed) : generation.Seed,
            StopSequences = options.StopSequences is { } stops ? [.. stops] : generation.StopSequences,
        };
        ChatTemplateOptions template = settings.Template with { Tools = ToolTranslation.Read(options) };
        if (options.Reasoning is { } reasoning)
            template = ReasoningTranslation.Apply(reasoning, template, chatTemplate());
        (generation, template) = AdditionalOptions.Apply(options.AdditionalProperties, generation, template);
        return new ChatRequest(
            MessageTranslation.Read(messages, options.Instructions),
            generation,
            template,
            ShowsReasoning: options.Reasoning?.Output is not ReasoningOutput.None,
            AllowsManyCalls: options.AllowMultipleToolCalls is not false);
    }
}
