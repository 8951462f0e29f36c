using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Inference.Templating;

namespace Inference.Tests.Engine;

/// <summary>The contexts of the golden renderings as a caller of the engine would give them.</summary>
internal static class GoldenConversations
{
    private static readonly ConcurrentDictionary<string, JsonElement> _files = new();
    private static readonly ConcurrentDictionary<string, ChatTemplate> _templates = new();

    public static DateTimeOffset Now { get; } = DateTimeOffset.Parse("2025-07-10T12:00:00Z", CultureInfo.InvariantCulture);

    public static string[] TemplateFiles { get; } =
        [.. Directory.GetFiles(TestData.Path("chat-templates/models"), "*.jinja").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static ChatTemplate Template(string file) =>
        _templates.GetOrAdd(file, static file => ChatTemplate.Parse(Source(file)));

    public static string Source(string file) => File.ReadAllText(TestData.Path($"chat-templates/models/{file}"));

    /// <summary>What Python renders, or null where it fails.</summary>
    public static string? Expected(string file, string context, bool answer) => Read("models.python-golden.json").GetProperty("cases").EnumerateArray()
        .Single(item => item.GetProperty("template").GetString() == file && item.GetProperty("context").GetString() == context && item.GetProperty("add_generation_prompt").GetBoolean() == answer)
        .TryGetProperty("output", out JsonElement output) ? output.GetString() : null;

    public static List<Message> Messages(string context) => [.. Read($"contexts/{context}.json").GetProperty("messages").EnumerateArray().Select(Message)];

    /// <summary>The options that give a template all variables of a context that it reads.</summary>
    public static ChatTemplateOptions Options(string file, string context, bool answer)
    {
        ChatTemplate template = Template(file);
        return new ChatTemplateOptions
        {
            Template = template,
            AddGenerationPrompt = answer,
            Now = Now,
            Variables = Read($"contexts/{context}.json").EnumerateObject()
                .Where(property => property.Name is not ("messages" or "add_generation_prompt") && template.Reads(property.Name))
                .ToDictionary(property => property.Name, property => (object?)property.Value),
        };
    }

    private static Message Message(JsonElement message) => new(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!)
    {
        Name = Text(message, "name"),
        ToolCallId = Text(message, "tool_call_id"),
        ToolCalls = message.TryGetProperty("tool_calls", out JsonElement calls) ? [.. calls.EnumerateArray().Select(Call)] : [],
    };

    private static ToolCall Call(JsonElement call)
    {
        JsonElement function = call.GetProperty("function");
        JsonElement arguments = function.GetProperty("arguments");
        return new ToolCall(call.GetProperty("id").GetString()!, function.GetProperty("name").GetString()!, arguments.ValueKind == JsonValueKind.String ? arguments.GetString()! : arguments.GetRawText());
    }

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static JsonElement Read(string file) => _files.GetOrAdd(
        file, static name => JsonDocument.Parse(File.ReadAllText(TestData.Path($"chat-templates/{name}"))).RootElement);
}
