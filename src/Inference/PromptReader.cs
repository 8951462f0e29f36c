using Inference.Tokenization;

namespace Inference;

/// <summary>Turns prompts into the tokens that the model reads.</summary>
/// <remarks>Safe to use from any thread.</remarks>
internal sealed class PromptReader(Tokenizer tokenizer, string modelName, int vocabularySize)
{
    private static readonly ChatTemplateOptions _noOptions = new();

    private readonly ConversationRenderer _renderer = new(tokenizer, modelName);

    /// <summary>Reads a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="answer">Whether the beginning of an answer is put after messages.</param>
    public int[] Read(Prompt prompt, bool answer = true)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        int[] tokens = prompt switch
        {
            { Text: { } text } => tokenizer.Encode(text, addSpecial: true, prompt.ParsesSpecialTokens),
            { Messages: { } messages } => Read(messages, prompt.Template, answer),
            _ => prompt.Tokens.ToArray(),
        };
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)vocabularySize)
                throw new InvalidPromptException($"The prompt has token {token}; the vocabulary has ids 0 to {vocabularySize - 1}.");
        }

        return tokens;
    }

    /// <summary>Reads a prompt, or what the options' policy leaves of it where it is too long.</summary>
    /// <returns>The tokens, and the messages that were left out.</returns>
    public (int[] Tokens, IReadOnlyList<Message> Dropped) Fit(Prompt prompt, GenerationOptions options, int contextLength)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (!options.ContextPolicy.Drops)
            return (Read(prompt), []);
        if (prompt.Messages is null)
            throw options.NeedsMessages();

        int room = contextLength - Math.Min(options.MaxOutputTokens ?? contextLength / 4, contextLength);
        var conversation = new Conversation(prompt.Messages);
        int excess = conversation.Excess(options.ContextPolicy, messages => Read(messages, prompt.Template, answer: true).Length <= room);
        return (Read(Prompt.FromMessages(conversation.Without(excess), prompt.Template)), conversation.First(excess));
    }

    private int[] Read(IReadOnlyList<Message> messages, ChatTemplateOptions? template, bool answer)
    {
        template ??= _noOptions;
        if (!answer && template.AddGenerationPrompt)
            template = template with { AddGenerationPrompt = false };
        // The template is the whole prompt: it has put the tokens in that begin a text, where the model wants any.
        return GeneratedContents.Encode(tokenizer, _renderer.Render(messages, template), messages);
    }
}
