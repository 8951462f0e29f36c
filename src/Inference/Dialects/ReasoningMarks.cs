namespace Inference.Dialects;

/// <summary>How a family of models marks what it thinks before it answers.</summary>
/// <param name="Open">What it begins with, unless the prompt did so already.</param>
/// <param name="Close">What it ends with.</param>
internal sealed record ReasoningMarks(string Open, string Close);
