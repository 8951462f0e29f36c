namespace Inference;

/// <summary>What a generation continues: text, token ids, or the messages of a conversation.</summary>
/// <remarks>Immutable. Strings, arrays of ids and arrays of messages convert implicitly.</remarks>
public sealed class Prompt
{
    private Prompt(string? text, ReadOnlyMemory<int> tokens, IReadOnlyList<Message>? messages, ChatTemplateOptions? template, bool parsesSpecialTokens)
    {
        Text = text;
        Tokens = tokens;
        Messages = messages;
        Template = template;
        ParsesSpecialTokens = parsesSpecialTokens;
    }

    /// <summary>The text, if this is one.</summary>
    public string? Text { get; }

    /// <summary>The token ids, if there are any.</summary>
    public ReadOnlyMemory<int> Tokens { get; }

    /// <summary>The messages, if this is a conversation.</summary>
    public IReadOnlyList<Message>? Messages { get; }

    /// <summary>What the chat template is told besides the messages, if this is a conversation; null for nothing.</summary>
    public ChatTemplateOptions? Template { get; }

    /// <summary>Whether special tokens spelled out in the text become those tokens; otherwise they are text like any other.</summary>
    public bool ParsesSpecialTokens { get; }

    /// <summary>A text to continue. The model's begin-of-text token is put before it where the model wants one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseSpecialTokens">Whether special tokens spelled out in the text become those tokens. Leave it false for text that is not your own.</param>
    public static Prompt FromText(string text, bool parseSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Prompt(text, default, null, null, parseSpecialTokens);
    }

    /// <summary>Token ids to continue, taken as they are: nothing is put before them.</summary>
    /// <param name="tokens">The ids; copied when the request is submitted.</param>
    public static Prompt FromTokens(ReadOnlyMemory<int> tokens) => new(null, tokens, null, null, false);

    /// <summary>A conversation to answer, rendered by the model's own chat template.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="template">What the template is told besides; null for nothing.</param>
    public static Prompt FromMessages(IReadOnlyList<Message> messages, ChatTemplateOptions? template = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return new Prompt(null, default, messages, template, false);
    }

    /// <summary>See <see cref="FromText"/>.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator Prompt(string text) => FromText(text);

    /// <summary>See <see cref="FromTokens"/>.</summary>
    /// <param name="tokens">The ids.</param>
    public static implicit operator Prompt(int[] tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return FromTokens(tokens);
    }

    /// <summary>See <see cref="FromTokens"/>.</summary>
    /// <param name="tokens">The ids.</param>
    public static implicit operator Prompt(ReadOnlyMemory<int> tokens) => FromTokens(tokens);

    /// <summary>See <see cref="FromMessages"/>.</summary>
    /// <param name="messages">The messages.</param>
    public static implicit operator Prompt(Message[] messages) => FromMessages(messages);

    /// <summary>See <see cref="FromMessages"/>.</summary>
    /// <param name="messages">The messages.</param>
    public static implicit operator Prompt(List<Message> messages) => FromMessages(messages);
}
