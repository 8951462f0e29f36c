using Inference.Templating;
using Inference.Tokenization;

namespace Inference;

/// <summary>Turns prompts into the tokens that the model reads.</summary>
/// <remarks>Safe to use from any thread.</remarks>
internal sealed class PromptReader(Tokenizer tokenizer, string modelName, int vocabularySize)
{
    private readonly Lazy<ChatTemplate?> _chatTemplate = new(() => tokenizer.ChatTemplate is { } source ? ChatTemplate.Parse(source) : null);

    /// <summary>Reads a prompt.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="answer">Whether the beginning of an answer is put after messages.</param>
    public int[] Read(Prompt prompt, bool answer = true)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        int[] tokens = prompt switch
        {
            { Text: { } text } => tokenizer.Encode(text, addSpecial: true, prompt.ParsesSpecialTokens),
            { Messages: { } messages } => Read(messages, answer),
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
        int excess = conversation.Excess(options.ContextPolicy, messages => Read(messages, answer: true).Length <= room);
        return (Read(Prompt.FromMessages(conversation.Without(excess))), conversation.First(excess));
    }

    private int[] Read(IReadOnlyList<Message> messages, bool answer) => tokenizer.Encode(Render(messages, answer), addSpecial: false, parseSpecial: true);

    private string Render(IReadOnlyList<Message> messages, bool answer)
    {
        ChatTemplate template = _chatTemplate.Value ?? throw new ChatTemplateMissingException(modelName);
        var variables = new Dictionary<string, object?>
        {
            ["messages"] = messages.Select(object? (m) => new Dictionary<string, object?> { ["role"] = m.Role, ["content"] = m.Content }).ToList(),
            ["add_generation_prompt"] = answer,
            ["bos_token"] = tokenizer.BeginOfText is { } bos ? tokenizer.TokenText(bos) : "",
            ["eos_token"] = tokenizer.EndOfText is { } eos ? tokenizer.TokenText(eos) : "",
        };
        return template.Render(variables);
    }
}
