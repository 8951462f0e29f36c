using System.Text.Json;

namespace Inference;

/// <summary>A tool that a model may call, as the chat template shows it to the model.</summary>
/// <param name="Name">The name the model calls it by.</param>
/// <param name="Description">What it does, in words for the model.</param>
/// <param name="Parameters">The JSON Schema of its arguments: an object.</param>
public sealed record ToolDefinition(string Name, string Description, JsonElement Parameters);
