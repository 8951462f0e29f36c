using System.Text.Json;

namespace Inference.Dialects;

/// <summary>The tools that a model was given. Immutable.</summary>
internal sealed class ToolCatalog(IReadOnlyList<ToolDefinition> tools)
{
    private readonly Dictionary<string, ToolDefinition> _tools = ByName(tools);

    public bool IsEmpty => _tools.Count == 0;

    public bool Has(string name) => _tools.ContainsKey(name);

    /// <summary>Whether a tool declares an argument to be a string and nothing else; false where it says nothing of it.</summary>
    public bool IsText(string tool, string argument)
    {
        if (!_tools.TryGetValue(tool, out ToolDefinition? definition) || Member(definition.Parameters, "properties") is not { } properties)
            return false;
        return Member(properties, argument) is { } property && Member(property, "type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals("string");
    }

    /// <summary>An argument's value as JSON: text where the tool wants text or where it is no JSON.</summary>
    public string ToJson(string tool, string argument, string value)
    {
        if (!IsText(tool, argument))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(value);
                return document.RootElement.GetRawText();
            }
            catch (JsonException)
            {
                // Text, then.
            }
        }

        return JsonText.Quote(value);
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : null;

    private static Dictionary<string, ToolDefinition> ByName(IReadOnlyList<ToolDefinition> tools)
    {
        var byName = new Dictionary<string, ToolDefinition>(StringComparer.Ordinal);
        foreach (ToolDefinition tool in tools)
            byName.TryAdd(tool.Name, tool);
        return byName;
    }
}
