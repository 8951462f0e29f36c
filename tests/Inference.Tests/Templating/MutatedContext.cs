using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Inference.Tests.Templating;

/// <summary>Variables for templates: a conversation of which random parts are missing, doubled, swapped or of another kind.</summary>
/// <remarks>Its texts, but for the words that templates compare, are in runes: letters that no template has and that have no case.</remarks>
internal sealed class MutatedContext(string json)
{
    public static readonly SearchValues<char> Alphabet = SearchValues.Create([.. Enumerable.Range(0x16a0, 75).Select(i => (char)i)]);

    public Dictionary<string, object?> Create(Random random, int mutations)
    {
        JsonObject root = JsonNode.Parse(json)!.AsObject();
        ToRunes(root, "");
        for (int i = 0; i < mutations; i++)
            Mutate(random, root);
        return JsonSerializer.SerializeToElement(root).EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value);
    }

    private static void ToRunes(JsonNode? node, string name)
    {
        switch (node)
        {
            case JsonObject map:
                foreach ((string key, JsonNode? value) in map.ToList())
                    ToRunes(value, key);
                break;
            case JsonArray list:
                foreach (JsonNode? item in list.ToList())
                    ToRunes(item, name);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String && name is not ("role" or "type" or "arguments"):
                string text = value.GetValue<string>();
                value.ReplaceWith(string.Concat(text.Select(c => char.IsAsciiLetter(c) ? (char)(0x16a0 + (char.ToLowerInvariant(c) - 'a')) : c)));
                break;
        }
    }

    private static void Mutate(Random random, JsonObject root)
    {
        List<JsonNode> nodes = [];
        Collect(root, nodes);
        JsonNode target = nodes[random.Next(nodes.Count)];
        JsonNode? value = random.Next(9) switch
        {
            0 => null,
            1 => random.Next(),
            2 => random.NextDouble() * 1e300,
            3 => random.Next(2) == 0,
            4 => new JsonArray(),
            5 => new JsonObject(),
            6 => new string('\u16a0', 1 << random.Next(12)),
            7 => "\u16a1</think>\u16a2<tool_call>{%\u16a3%}{{",
            _ => nodes[random.Next(nodes.Count)].DeepClone(),
        };
        switch (target)
        {
            case JsonObject map when map.Count > 0:
                string key = map.ElementAt(random.Next(map.Count)).Key;
                if (random.Next(3) == 0)
                    map.Remove(key);
                else
                    map[key] = value;
                break;
            case JsonArray list when list.Count > 0:
                int index = random.Next(list.Count);
                switch (random.Next(3))
                {
                    case 0: list.RemoveAt(index); break;
                    case 1: list.Insert(index, value); break;
                    default: list[index] = value; break;
                }
                break;
        }
    }

    private static void Collect(JsonNode? node, List<JsonNode> nodes)
    {
        if (node is null)
            return;
        nodes.Add(node);
        foreach (JsonNode? child in node is JsonObject map ? map.Select(entry => entry.Value) : node is JsonArray list ? list : [])
            Collect(child, nodes);
    }
}
