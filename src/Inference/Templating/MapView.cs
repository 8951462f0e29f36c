namespace Inference.Templating;

/// <summary>What <c>keys()</c>, <c>values()</c> and <c>items()</c> of a map return.</summary>
/// <param name="map">The map that is looked at.</param>
/// <param name="kind">The view's type as Python names it.</param>
internal sealed class MapView(MapValue map, string kind)
{
    public MapValue Map { get; } = map;

    public string Kind { get; } = kind;

    public IEnumerable<object?> Items => Map.Entries.Select(entry => Kind switch
    {
        "dict_keys" => entry.Key,
        "dict_values" => entry.Value,
        _ => new TupleValue([entry.Key, entry.Value]),
    });
}
