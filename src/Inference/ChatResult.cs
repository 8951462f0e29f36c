namespace Inference;

/// <summary>An answer that has ended, whole.</summary>
/// <param name="Message">The answer as a message of the conversation: append it, and the results of the tools it calls, and go on.</param>
/// <param name="Generation">How it was generated. Its text is what a plain generation gives: reasoning, marks that have text, and calls as the model wrote them.</param>
public sealed record ChatResult(Message Message, GenerationResult Generation)
{
    /// <summary>How many of the generated tokens are reasoning, with the marks that enclose it.</summary>
    public int ReasoningTokens { get; init; }

    /// <summary>Whether the answer calls tools.</summary>
    public bool CallsTools => Message.ToolCalls.Count > 0;
}
