using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>Tools in the template's terms.</summary>
internal static class ToolTranslation
{
    // What "anything goes" means where templates look for an object's properties.
    private static readonly JsonElement _noParameters = JsonElement.Parse("""{"type":"object","properties":{}}""");

    /// <summary>The tools that the model may call; none where the mode forbids calls.</summary>
    public static IReadOnlyList<ToolDefinition> Read(ChatOptions options)
    {
        if (options.Tools is not { Count: > 0 } tools)
            return [];
        List<ToolDefinition> definitions = [.. tools.Select(Read)];
        if (definitions.GroupBy(tool => tool.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"ChatOptions.Tools has {twice.Count()} tools of the name \"{twice.Key}\".", nameof(options));
        return options.ToolMode is NoneChatToolMode ? [] : definitions;
    }

    private static ToolDefinition Read(AITool tool) => tool switch
    {
        AIFunctionDeclaration function => new ToolDefinition(function.Name, function.Description, ReadSchema(function)),
        null => throw new ArgumentException("ChatOptions.Tools holds null.", nameof(tool)),
        _ => throw new NotSupportedException($"ChatOptions.Tools: \"{tool.Name}\" is a {tool.GetType().Name}; only functions (AIFunctionDeclaration) can be described to the model."),
    };

    private static JsonElement ReadSchema(AIFunctionDeclaration function) => function.JsonSchema switch
    {
        { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.True } => _noParameters,
        { ValueKind: JsonValueKind.Object } schema when schema.GetPropertyCount() == 0 => _noParameters,
        { ValueKind: JsonValueKind.Object } schema => schema,
        var other => throw new NotSupportedException($"ChatOptions.Tools: the JSON Schema of \"{function.Name}\" is not an object but {other.ValueKind}."),
    };
}
