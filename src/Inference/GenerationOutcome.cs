namespace Inference;

/// <summary>How one of several requests ended: with a result, or with an error of its own.</summary>
/// <param name="Index">Which of them; the first is 0.</param>
/// <param name="Result">The result, also of a request that was cancelled; null where there is an error, or where the request was never submitted because it was not wanted any more.</param>
/// <param name="Error">What went wrong, or null: an <see cref="InferenceException"/>, or a <see cref="Templating.ChatTemplateException"/> for messages that the chat template refuses.</param>
public sealed record GenerationOutcome(int Index, GenerationResult? Result, Exception? Error);
