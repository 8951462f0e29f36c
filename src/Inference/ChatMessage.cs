namespace Inference;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who speaks, in the words of the model's chat template: usually "system", "user" or "assistant".</param>
/// <param name="Content">What is said.</param>
public sealed record ChatMessage(string Role, string Content);
