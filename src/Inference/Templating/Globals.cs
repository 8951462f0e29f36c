namespace Inference.Templating;

/// <summary>The functions that every template finds.</summary>
internal static class Globals
{
    public static IReadOnlyDictionary<string, NativeFunction> ByName { get; } = new Dictionary<string, NativeFunction>
    {
        ["range"] = new("range", Range),
        ["namespace"] = new("namespace", (state, arguments) => new NamespaceValue(ToMap(state, arguments))),
        ["dict"] = new("dict", ToMap),
        ["joiner"] = new("joiner", Joiner),
        ["cycler"] = new("cycler", (state, arguments) =>
            arguments.Positional.Count > 0 ? new CyclerValue(arguments.Positional) : throw state.Fail("cycler() needs at least one value")),
        ["raise_exception"] = new("raise_exception", RaiseException),
        ["strftime_now"] = new("strftime_now", (state, arguments) =>
            TimeFormat.Format(state, arguments.Bind(state, "strftime_now", 1, "format").Text(0), state.Now)),
    };

    private static RangeValue Range(RenderState state, Arguments arguments)
    {
        BoundArguments bound = arguments.BindPositional(state, "range", 1, "start", "stop", "step");
        long first = bound.Integer(0);
        return bound.Has(1)
            ? RangeValue.Create(state, first, bound.Integer(1), bound.Has(2) ? bound.Integer(2) : 1)
            : RangeValue.Create(state, 0, first, 1);
    }

    private static MapValue ToMap(RenderState state, Arguments arguments)
    {
        var map = new MapValue(state);
        if (arguments.Positional.Count > 1)
            throw state.Fail("dict() and namespace() take at most one positional argument");
        foreach (object? source in arguments.Positional)
        {
            if (source is MapValue other)
            {
                foreach ((object? key, object? value) in other.Entries)
                    map.Set(key, value);
                continue;
            }
            foreach (object? pair in Sequences.Walk(state, source))
            {
                if (!Sequences.IsIterable(pair) || Sequences.ToList(state, pair) is not [var key, var value])
                    throw state.Fail("dict() and namespace() expect pairs");
                map.Set(key, value);
            }
        }
        foreach ((string key, object? value) in arguments.Named)
            map.Set(key, value);
        return map;
    }

    private static NativeFunction Joiner(RenderState state, Arguments arguments)
    {
        object? separator = arguments.Bind(state, "joiner", 0, "sep").Value(0, ", ");
        bool used = false;
        return new NativeFunction("joiner", (_, _) =>
        {
            object? result = used ? separator : "";
            used = true;
            return result;
        });
    }

    private static object? RaiseException(RenderState state, Arguments arguments) =>
        throw new ChatTemplateException(
            ValueText.Of(state, arguments.Bind(state, "raise_exception", 1, "message").Value(0)), state.At, raisedByTemplate: true);
}
