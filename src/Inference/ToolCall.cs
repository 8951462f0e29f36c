using System.Diagnostics.CodeAnalysis;

namespace Inference;

/// <summary>An assistant's wish that a tool be called.</summary>
/// <param name="Id">What the tool's result names in <see cref="Message.ToolCallId"/>; unique in a conversation.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments: the text of a JSON object.</param>
public sealed record ToolCall(string Id, string Name, [StringSyntax(StringSyntaxAttribute.Json)] string Arguments);
