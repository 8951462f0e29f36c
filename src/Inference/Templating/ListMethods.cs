namespace Inference.Templating;

/// <summary>The methods of lists and tuples that leave them as they are.</summary>
internal static class ListMethods
{
    public static NativeFunction? Bind(object target, string name) => name switch
    {
        "count" => new(name, (state, arguments) =>
        {
            object? item = arguments.BindPositional(state, name, 1, "value").Value(0);
            return Sequences.Walk(state, target).LongCount(element => Comparison.AreEqual(state, element, item));
        }),
        "index" => new(name, (state, arguments) =>
        {
            object? item = arguments.BindPositional(state, name, 1, "value").Value(0);
            IReadOnlyList<object?> items = Sequences.ToIndexed(state, target);
            for (int i = 0; i < items.Count; i++)
            {
                if (Comparison.AreEqual(state, items[i], item))
                    return (long)i;
            }
            throw state.Fail("index() does not find the value");
        }),
        "copy" when target is List<object?> => new(name, (state, arguments) =>
        {
            arguments.RequireNone(state, name);
            return Sequences.ToList(state, target);
        }),
        _ => null,
    };
}
