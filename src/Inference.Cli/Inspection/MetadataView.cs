using System.Text.Json;
using Inference.Formats;

namespace Inference.Cli.Inspection;

/// <summary>A model file's metadata, for people and for scripts.</summary>
internal static class MetadataView
{
    private const int LongestArray = 64;
    private const int LongestText = 120;

    /// <summary>The format's name.</summary>
    public static string Format(ModelFile file) => file is GgufFile gguf ? $"GGUF version {gguf.Version}" : "safetensors";

    /// <summary>Keys and values; an array longer than 64 is its element type and length.</summary>
    public static Dictionary<string, object?> ForJson(ModelFile file) => file switch
    {
        GgufFile gguf => gguf.Metadata.ToDictionary(pair => pair.Key, pair => Plain(pair.Value)),
        SafetensorsModel { Config: { ValueKind: JsonValueKind.Object } config } => config.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value),
        _ => [],
    };

    /// <summary>Rows of key and value, each on one line.</summary>
    public static IEnumerable<IReadOnlyList<string>> ForPeople(ModelFile file) => file switch
    {
        GgufFile gguf => gguf.Metadata.Select(pair => (string[])[pair.Key, OneLine(pair.Value.ToString())]),
        SafetensorsModel { Config: { ValueKind: JsonValueKind.Object } config } => config.EnumerateObject().Select(property => (string[])[property.Name, OneLine(property.Value.ToString())]),
        _ => [],
    };

    private static object? Plain(GgufValue value)
    {
        if (!value.IsArray)
            return value.TryGetString(out string? text) ? text : Finite(value.Raw);
        if (value.Count > LongestArray)
            return new Dictionary<string, object?> { ["elementType"] = value.ElementType.ToString(), ["count"] = value.Count };
        return value.TryGetStrings(out GgufStrings? strings) ? strings.ToArray() : ((Array)value.Raw).Cast<object>().Select(Finite).ToArray();
    }

    // JSON has no other numbers.
    private static object Finite(object value) => value switch
    {
        float number when !float.IsFinite(number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        double number when !double.IsFinite(number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => value,
    };

    private static string OneLine(string text)
    {
        text = text.ReplaceLineEndings("\\n");
        return text.Length <= LongestText ? text : $"{text[..LongestText]}...";
    }
}
