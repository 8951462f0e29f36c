using System.Text.Json;
using Inference.Formats;

namespace Inference.Models;

/// <summary>An object of a JSON configuration: null counts as absent, and a member of another type than asked for is refused.</summary>
/// <param name="path">The file, for errors.</param>
/// <param name="prefix">The object's own name with a dot behind it, or nothing for the outermost one.</param>
/// <param name="value">The object.</param>
internal readonly struct ConfigObject(string path, string prefix, JsonElement value)
{
    public bool Has(string name) => value.TryGetProperty(name, out _);

    public string? FindString(string name) => Find(name, JsonValueKind.String, "text")?.GetString();

    public double? FindNumber(string name) => Find(name, JsonValueKind.Number, "a number")?.GetDouble();

    public bool? FindBoolean(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Error(name, $"true or false was expected and {other.ValueKind} found"),
    };

    public int? FindInt32(string name)
    {
        if (Find(name, JsonValueKind.Number, "a whole number") is not { } number)
            return null;
        return number.TryGetInt32(out int result) ? result : throw Error(name, $"a whole number of 32 bits was expected and {Shorten(number.GetRawText())} found");
    }

    public int GetInt32(string name) => FindInt32(name) ?? throw Missing(name);

    public double GetNumber(string name) => FindNumber(name) ?? throw Missing(name);

    public ConfigObject? FindObject(string name) =>
        Find(name, JsonValueKind.Object, "an object") is { } member ? new ConfigObject(path, $"{prefix}{name}.", member) : null;

    /// <summary>The texts of a list; none where it is absent.</summary>
    public IReadOnlyList<string> FindStrings(string name)
    {
        List<string> texts = [];
        if (Find(name, JsonValueKind.Array, "a list") is not { } list)
            return texts;
        foreach (JsonElement item in list.EnumerateArray())
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Error(name, $"text was expected and {item.ValueKind} found"));
        return texts;
    }

    /// <summary>The numbers of a list; null where it is absent.</summary>
    public double[]? FindNumbers(string name)
    {
        if (Find(name, JsonValueKind.Array, "a list") is not { } list)
            return null;
        ConfigObject self = this;
        return [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number ? item.GetDouble() : throw self.Error(name, $"a number was expected and {item.ValueKind} found"))];
    }

    /// <summary>The first member that is an object itself, or null.</summary>
    public string? FindNested()
    {
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Object)
                return member.Name;
        }

        return null;
    }

    public ModelFormatException Missing(string name) => Error(name, "a value is missing");

    public ModelFormatException Error(string name, string problem) => new(path, prefix + name, -1, problem);

    private JsonElement? Find(string name) =>
        value.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private JsonElement? Find(string name, JsonValueKind kind, string expected)
    {
        if (Find(name) is not { } member)
            return null;
        return member.ValueKind == kind ? member : throw Error(name, $"{expected} was expected and {member.ValueKind} found");
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
