using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Chat;

/// <summary>Arguments and results of tools as the text that a model reads.</summary>
internal static class ToolTexts
{
    // Compact, and without escapes for what is no ASCII: it is read by a model, which saw text of that kind.
    private static readonly JsonSerializerOptions _json = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    /// <summary>A call's arguments, the text of a JSON object.</summary>
    public static string Arguments(FunctionCallContent call) =>
        call.Arguments is { } arguments ? JsonSerializer.Serialize(arguments, _json.GetTypeInfo(typeof(IDictionary<string, object?>))) : "{}";

    /// <summary>A result: text as it is, all else as JSON; a function that returned nothing said nothing.</summary>
    public static string Result(FunctionResultContent result) => result.Result switch
    {
        null => "",
        string text => text,
        TextContent text => text.Text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        IEnumerable<AIContent> contents => string.Concat(contents.Select(Text)),
        AIContent content => Text(content),
        { } other => JsonSerializer.Serialize(other, _json.GetTypeInfo(other.GetType())),
    };

    private static string Text(AIContent content) =>
        content is TextContent text ? text.Text : throw new NotSupportedException($"A tool's result holds a {content?.GetType().Name ?? "null"}; the model reads text.");
}
