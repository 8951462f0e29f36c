namespace Inference.Templating;

/// <summary>Filters that apply other filters and tests to each element; all are lazy.</summary>
internal static class SelectionFilters
{
    public static object? Map(RenderState state, object? input, Arguments arguments) =>
        new GeneratorValue(MapItems(state, input, arguments));

    /// <summary>The filter that keeps, or drops, the elements of which a test holds.</summary>
    public static Filter Create(string name, bool byAttribute, bool keep) =>
        (state, input, arguments) => new GeneratorValue(SelectItems(state, input, arguments, name, byAttribute, keep));

    private static IEnumerable<object?> MapItems(RenderState state, object? input, Arguments arguments)
    {
        if (!Truth.Of(input))
            yield break;
        Func<object?, object?> change = Change(state, arguments);
        foreach (object? item in Sequences.Walk(state, input))
            yield return change(item);
    }

    private static Func<object?, object?> Change(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Count == 0 && arguments.Named.Any(pair => pair.Key == "attribute"))
        {
            BoundArguments bound = arguments.Bind(state, "map", 0, "attribute", "default");
            AttributePath path = AttributePath.Parse(bound.Value(0));
            return item => path.Read(state, item, bound.Value(1));
        }
        if (arguments.Positional.Count == 0 || TemplateText.Plain(arguments.Positional[0]) is not string filter)
            throw state.Fail("map expects a filter's name or an attribute");
        Arguments rest = arguments.Skip(1);
        return item => Filters.Apply(state, filter, item, rest);
    }

    private static IEnumerable<object?> SelectItems(
        RenderState state, object? input, Arguments arguments, string name, bool byAttribute, bool keep)
    {
        if (!Truth.Of(input))
            yield break;
        int testIndex = byAttribute ? 1 : 0;
        if (byAttribute && arguments.Positional.Count == 0)
            throw state.Fail($"{name} expects an attribute");
        AttributePath path = AttributePath.Parse(byAttribute ? arguments.Positional[0] : null);
        string? test = null;
        if (arguments.Positional.Count > testIndex)
            test = TemplateText.Plain(arguments.Positional[testIndex]) as string ?? throw state.Fail($"{name} expects a test's name");
        Arguments rest = arguments.Skip(testIndex + 1);
        foreach (object? item in Sequences.Walk(state, input))
        {
            object? value = path.Read(state, item);
            if ((test is null ? Truth.Of(value) : ValueTests.Apply(state, test, value, rest)) == keep)
                yield return item;
        }
    }
}
