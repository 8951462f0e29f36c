using System.Text.Json;

namespace Inference.Dialects;

/// <summary>The tools that a model was given. Immutable.</summary>
/// <param name="tools">Their names, and the JSON Schemas of their arguments.</param>
internal sealed class ToolCatalog(IEnumerable<(string Name, JsonElement Parameters)> tools)
{
    private readonly Dictionary<string, JsonElement> _tools = ByName(tools);

    public bool IsEmpty => _tools.Count == 0;

    public bool Has(string name) => _tools.ContainsKey(name);

    /// <summary>Whether a tool declares an argument to be a string and nothing else; false where it says nothing of it.</summary>
    public bool IsText(string tool, string argument)
    {
        if (!_tools.TryGetValue(tool, out JsonElement parameters) || Member(parameters, "properties") is not { } properties)
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

    private static Dictionary<string, JsonElement> ByName(IEnumerable<(string Name, JsonElement Parameters)> tools)
    {
        var byName = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach ((string name, JsonElement parameters) in tools)
            byName.TryAdd(name, parameters);
        return byName;
    }
}
