namespace Inference.Dialects;

/// <summary>A call of a tool as a model wrote it.</summary>
/// <param name="Id">The id that the model gave it, or null.</param>
/// <param name="Name">The tool's name; not empty.</param>
/// <param name="Arguments">The text of a JSON object.</param>
internal sealed record CallDraft(string? Id, string Name, string Arguments);
