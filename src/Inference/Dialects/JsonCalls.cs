using System.Text;
using System.Text.Json;

namespace Inference.Dialects;

/// <summary>Calls written as JSON: an object with name and arguments, or an array of such objects, or several of either one after another.</summary>
internal static class JsonCalls
{
    private static readonly string[] _names = ["name", "tool_name", "function"];
    private static readonly string[] _arguments = ["arguments", "parameters"];

    /// <summary>{"name": ..., "arguments": {...}} and its relatives.</summary>
    public static CallReading Read(string text, ToolCatalog tools) => ReadValues(text, Add);

    /// <summary>As <see cref="Read"/>, where a model numbers its calls anew in each answer.</summary>
    public static CallReading ReadWithoutIds(string text, ToolCatalog tools)
    {
        CallReading reading = Read(text, tools);
        return reading with { Calls = [.. reading.Calls.Select(call => call with { Id = null })] };
    }

    /// <summary>[{"the name": {...}}]: the name is the object's only member.</summary>
    public static CallReading ReadNamed(string text, ToolCatalog tools) => ReadValues(text, AddNamed);

    /// <summary>The arguments alone, of a tool whose name is known: an object, or a string that holds one; nothing is an empty one.</summary>
    /// <returns>The text of an object, or null.</returns>
    public static string? Arguments(string json)
    {
        if (string.IsNullOrWhiteSpace(json))
            return "{}";
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Arguments(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static CallReading ReadValues(string text, Func<JsonElement, List<CallDraft>, bool> add)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var calls = new List<CallDraft>();
        int end = 0;
        try
        {
            for (int start = Start(bytes, 0); start < bytes.Length && bytes[start] is (byte)'{' or (byte)'['; start = Start(bytes, end))
            {
                var reader = new Utf8JsonReader(bytes.AsSpan(start), isFinalBlock: false, default);
                if (!JsonDocument.TryParseValue(ref reader, out JsonDocument? document))
                    return calls.Count == 0 ? CallReading.Incomplete : Of(calls, bytes, end);
                using (document)
                {
                    if (!AddAll(document.RootElement, calls, add))
                        return calls.Count == 0 ? CallReading.Malformed : Of(calls, bytes, end);
                }

                end = start + (int)reader.BytesConsumed;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A string that is not well-formed throws the latter.
        }

        return Of(calls, bytes, end);
    }

    private static CallReading Of(List<CallDraft> calls, byte[] bytes, int end) => CallReading.Of(calls, Encoding.UTF8.GetCharCount(bytes, 0, end));

    /// <summary>Adds all calls of a value, or none of them.</summary>
    private static bool AddAll(JsonElement value, List<CallDraft> calls, Func<JsonElement, List<CallDraft>, bool> add)
    {
        int count = calls.Count;
        bool good = value.ValueKind == JsonValueKind.Array
            ? value.GetArrayLength() > 0 && value.EnumerateArray().All(item => add(item, calls))
            : add(value, calls);
        if (!good)
            calls.RemoveRange(count, calls.Count - count);
        return good;
    }

    private static bool Add(JsonElement item, List<CallDraft> calls)
    {
        if (item.ValueKind != JsonValueKind.Object)
            return false;
        if (item.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object)
            return Add(function, calls);

        string? name = _names.Select(key => Text(item, key)).FirstOrDefault(found => !string.IsNullOrEmpty(found));
        if (name is null || !ToolNames.IsPossible(name))
            return false;
        string? arguments = "{}";
        foreach (string key in _arguments)
        {
            if (!item.TryGetProperty(key, out JsonElement value))
                continue;
            arguments = Arguments(value);
            break;
        }

        if (arguments is null)
            return false;
        calls.Add(new CallDraft(Text(item, "id"), name, arguments));
        return true;
    }

    private static bool AddNamed(JsonElement item, List<CallDraft> calls)
    {
        if (item.ValueKind != JsonValueKind.Object || item.GetPropertyCount() != 1)
            return false;
        JsonProperty only = item.EnumerateObject().Single();
        if (!ToolNames.IsPossible(only.Name) || Arguments(only.Value) is not { } arguments)
            return false;
        calls.Add(new CallDraft(null, only.Name, arguments));
        return true;
    }

    private static string? Arguments(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.GetRawText(),
        JsonValueKind.Null => "{}",
        JsonValueKind.String when value.GetString() is { } text && text.AsSpan().TrimStart().StartsWith("{", StringComparison.Ordinal) => Arguments(text),
        _ => null,
    };

    private static string? Text(JsonElement item, string key) =>
        item.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Where the next value begins: after white space and what parts calls.</summary>
    private static int Start(byte[] bytes, int from)
    {
        while (from < bytes.Length && (bytes[from] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)';' or (byte)','))
            from++;
        return from;
    }
}
