namespace Inference;

/// <summary>One message of a conversation.</summary>
/// <remarks>Immutable. What a model's chat template has no place for (a reasoning, a name) it leaves out, as it was trained to.</remarks>
/// <param name="Role">Who speaks, in the words of the model's chat template: usually "system", "user", "assistant" or "tool".</param>
/// <param name="Content">What is said; empty where an assistant only calls tools.</param>
public sealed record Message(string Role, string Content)
{
    /// <summary>
    /// The tokens that <see cref="Content"/> was generated as; null to encode it. A text has more encodings than the one that a tokenizer
    /// gives, and a model may write another; with these the next turn begins with the very tokens that the cache holds of this one.
    /// They take the place of the content where the chat template shows it whole and unchanged, and have no effect where it does not.
    /// They must spell the content, without special tokens.
    /// </summary>
    public IReadOnlyList<int>? ContentTokens { get; init; }

    /// <summary>What an assistant thought before it answered, without the marks that enclose it; null for nothing.</summary>
    public string? Reasoning { get; init; }

    /// <summary>The tools that an assistant calls in this message; empty for none.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>Of a tool's result: the <see cref="ToolCall.Id"/> it answers, or null.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The name of who speaks or, of a tool's result, of the tool; null for none.</summary>
    public string? Name { get; init; }
}
