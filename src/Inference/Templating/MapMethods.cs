namespace Inference.Templating;

/// <summary>The methods of maps.</summary>
internal static class MapMethods
{
    public static NativeFunction? Bind(MapValue map, string name) => name switch
    {
        "get" => new(name, (state, arguments) =>
        {
            BoundArguments bound = arguments.BindPositional(state, "get", 1, "key", "default");
            return map.Contains(bound.Value(0)) && map.TryGet(bound.Value(0), out object? value) ? value : bound.Value(1);
        }),
        "keys" or "values" or "items" => new(name, (state, arguments) =>
        {
            arguments.RequireNone(state, name);
            return new MapView(map, "dict_" + name);
        }),
        "copy" => new(name, (state, arguments) =>
        {
            arguments.RequireNone(state, name);
            var copy = new MapValue(state);
            foreach ((object? key, object? value) in map.Entries)
                copy.Set(key, value);
            return copy;
        }),
        _ => null,
    };
}
