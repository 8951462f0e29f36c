using System.Text.Json;

namespace Inference.Formats;

/// <summary>The file that says which shard of a safetensors model holds which tensor.</summary>
internal static class SafetensorsIndex
{
    /// <summary>Reads the pairs of tensor and shard, in file order.</summary>
    /// <exception cref="ModelFormatException">The index is malformed, or a shard lies outside its folder.</exception>
    public static IEnumerable<(string Tensor, string Shard)> Read(string path, int longest)
    {
        JsonElement index = JsonFile.Read(path, longest);
        if (index.ValueKind != JsonValueKind.Object
            || !index.TryGetProperty("weight_map", out JsonElement map)
            || map.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException(path, "weight_map", -1, "the object is missing");
        }

        List<(string Tensor, string Shard)> pairs = [];
        foreach (JsonProperty property in map.EnumerateObject())
            pairs.Add((property.Name, ShardOf(path, property)));
        return pairs;
    }

    private static string ShardOf(string path, JsonProperty property)
    {
        if (property.Value.ValueKind != JsonValueKind.String)
            throw new ModelFormatException(path, property.Name, -1, "the name of a shard was expected");

        // An index must not make us open files elsewhere: whatever separates folders on any system is refused.
        string shard = property.Value.GetString()!;
        bool plain = shard.Length > 0 && shard is not ("." or "..") && shard.AsSpan().IndexOfAny("/\\:\0") < 0;
        return plain ? shard : throw new ModelFormatException(path, property.Name, -1, $"the shard '{shard}' is not a plain file name");
    }
}
