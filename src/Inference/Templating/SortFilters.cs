namespace Inference.Templating;

/// <summary>Filters that compare elements, by default without regard to case.</summary>
internal static class SortFilters
{
    public static object? Sort(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "sort", 0, "reverse", "case_sensitive", "attribute");
        bool caseSensitive = bound.Flag(1);
        AttributePath[] paths = AttributePath.ParseList(bound.Value(2));
        return SortBy(
            state, Sequences.ToList(state, input), item => new List<object?>(paths.Select(path => Key(path.Read(state, item), caseSensitive))), bound.Flag(0));
    }

    public static object? DictSort(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "dictsort", 0, "case_sensitive", "by", "reverse");
        if (input is not MapValue map)
            throw state.Fail(input is Undefined undefined ? undefined.Detail : $"dictsort expects a dict, not '{TypeNames.Of(input)}'");
        string by = bound.TextOrNull(1) ?? "key";
        if (by is not ("key" or "value"))
            throw state.Fail("dictsort sorts by \"key\" or by \"value\"");
        bool caseSensitive = bound.Flag(0);
        List<object?> pairs = Sequences.ToList(state, new MapView(map, "dict_items"));
        return SortBy(state, pairs, pair => Key(((TupleValue)pair!).Items[by == "key" ? 0 : 1], caseSensitive), bound.Flag(2));
    }

    public static object? Unique(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "unique", 0, "case_sensitive", "attribute");
        return new GeneratorValue(UniqueItems(state, input, AttributePath.Parse(bound.Value(1)), bound.Flag(0)));
    }

    public static object? GroupBy(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "groupby", 1, "attribute", "default", "case_sensitive");
        AttributePath path = AttributePath.Parse(bound.Value(0));
        object? defaultValue = bound.Value(1);
        bool caseSensitive = bound.Flag(2);
        Func<object?, object?> key = item => Key(path.Read(state, item, defaultValue), caseSensitive);
        var groups = new List<object?>();
        List<object?>? members = null;
        object? current = null;
        foreach (object? item in SortBy(state, Sequences.ToList(state, input), key, reverse: false))
        {
            object? itemKey = key(item);
            if (members is null || !Comparison.AreEqual(state, current, itemKey))
            {
                members = [];
                groups.Add(new GroupValue(path.Read(state, item, defaultValue), members));
                current = itemKey;
            }
            state.AllocateElements(1);
            members.Add(item);
        }
        return groups;
    }

    public static object? Min(RenderState state, object? input, Arguments arguments) => Extreme(state, input, arguments, "min", "<");

    public static object? Max(RenderState state, object? input, Arguments arguments) => Extreme(state, input, arguments, "max", ">");

    private static object? Extreme(RenderState state, object? input, Arguments arguments, string name, string comparison)
    {
        BoundArguments bound = arguments.Bind(state, name, 0, "case_sensitive", "attribute");
        AttributePath path = AttributePath.Parse(bound.Value(1));
        object? best = new Undefined($"the sequence that '{name}' is applied to is empty");
        object? bestKey = null;
        bool any = false;
        foreach (object? item in Sequences.Walk(state, input))
        {
            object? key = Key(path.Read(state, item), bound.Flag(0));
            if (any && !Comparison.Order(state, comparison, key, bestKey))
                continue;
            (best, bestKey, any) = (item, key, true);
        }
        return best;
    }

    private static IEnumerable<object?> UniqueItems(RenderState state, object? input, AttributePath path, bool caseSensitive)
    {
        var seen = new MapValue(state);
        foreach (object? item in Sequences.Walk(state, input))
        {
            object? key = Key(path.Read(state, item), caseSensitive);
            if (seen.Contains(key))
                continue;
            seen.Set(key, null);
            yield return item;
        }
    }

    private static List<object?> SortBy(RenderState state, List<object?> items, Func<object?, object?> key, bool reverse)
    {
        (object? Key, object? Item)[] keyed = [.. items.Select(item => (key(item), item))];
        return [.. Sorting.Sort(state, keyed, (left, right) => Comparison.Order(state, "<", left.Key, right.Key), reverse).Select(pair => pair.Item)];
    }

    private static object? Key(object? value, bool caseSensitive) =>
        !caseSensitive && TemplateText.Plain(value) is string text ? PythonText.Lower(text) : value;
}
