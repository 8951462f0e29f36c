namespace Inference.Templating;

/// <summary>Filters over sequences and maps as they are.</summary>
internal static class SequenceFilters
{
    public static object? Attribute(RenderState state, object? input, Arguments arguments)
    {
        string name = arguments.Bind(state, "attr", 1, "name").Text(0);
        return Subscripts.Member(state, input, name);
    }

    public static object? Batch(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "batch", 1, "linecount", "fill_with");
        return new GeneratorValue(Rows(state, Sequences.Walk(state, input), bound.Integer(0), bound.Value(1)));
    }

    public static object? Default(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "default", 0, "default_value", "boolean");
        return input is Undefined || (bound.Flag(1) && !Truth.Of(input)) ? bound.Value(0, "") : input;
    }

    public static object? First(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "first");
        foreach (object? item in Sequences.Walk(state, input))
            return item;
        return new Undefined("the sequence that 'first' is applied to is empty");
    }

    public static object? Items(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "items");
        return input switch
        {
            Undefined => new GeneratorValue([]),
            MapValue map => new GeneratorValue(new MapView(map, "dict_items").Items),
            _ => new GeneratorValue(Refuse(state, input)),
        };
    }

    public static object? Join(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "join", 0, "d", "attribute");
        object separator = ValueText.Show(state, bound.Value(0, ""));
        AttributePath path = AttributePath.Parse(bound.Value(1));
        var text = new TextBuilder();
        bool first = true;
        foreach (object? item in Sequences.Walk(state, input))
        {
            object part = ValueText.Show(state, path.Read(state, item));
            state.Allocate(TemplateText.Characters(part).Length + TemplateText.Characters(separator).Length);
            text.Append(first ? "" : separator).Append(part);
            first = false;
        }
        return text.Build();
    }

    public static object? Last(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "last");
        if (input is GeneratorValue)
            throw state.Fail("a generator has no last item; make it a list first");
        IReadOnlyList<object?> items = Sequences.ToIndexed(state, input);
        return items.Count > 0 ? items[^1] : new Undefined("the sequence that 'last' is applied to is empty");
    }

    public static object? Length(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "length");
        return Sequences.Count(state, input) is int count ? (long)count : throw state.Fail($"'{TypeNames.Of(input)}' has no length");
    }

    public static object? List(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "list");
        return Sequences.ToList(state, input);
    }

    public static object? Reverse(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "reverse");
        if (input is string or TemplateText)
            return Subscripts.Slice(state, input, null, null, -1);
        List<object?> items = Sequences.ToList(state, input);
        items.Reverse();
        return input is GeneratorValue ? items : new GeneratorValue(items);
    }

    public static object? Slice(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "slice", 1, "slices", "fill_with");
        int slices = bound.Integer(0);
        if (slices <= 0)
            throw state.Fail("slice expects a positive number of slices");
        return new GeneratorValue(Columns(state, Sequences.ToList(state, input), slices, bound.Value(1)));
    }

    public static object? Sum(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "sum", 0, "attribute", "start");
        AttributePath path = AttributePath.Parse(bound.Value(0));
        object? sum = bound.Value(1, 0L);
        if (TemplateText.Plain(sum) is string)
            throw state.Fail("sum does not add strings; join does");
        foreach (object? item in Sequences.Walk(state, input))
            sum = Operators.Apply(state, "+", sum, path.Read(state, item));
        return sum;
    }

    private static IEnumerable<object?> Refuse(RenderState state, object? input)
    {
        if (input is not MapValue)
            throw state.Fail($"items expects a dict, not '{TypeNames.Of(input)}'");
        yield break;
    }

    private static IEnumerable<object?> Rows(RenderState state, IEnumerable<object?> items, int width, object? fill)
    {
        List<object?> row = [];
        foreach (object? item in items)
        {
            if (row.Count == width)
            {
                yield return row;
                row = [];
            }
            state.AllocateElements(1);
            row.Add(item);
        }
        if (row.Count == 0)
            yield break;
        if (fill is not null && row.Count < width)
        {
            state.AllocateElements(width);
            row.AddRange(Enumerable.Repeat(fill, width - row.Count));
        }
        yield return row;
    }

    private static IEnumerable<object?> Columns(RenderState state, List<object?> items, int slices, object? fill)
    {
        int size = items.Count / slices;
        int longer = items.Count % slices;
        int start = 0;
        for (int i = 0; i < slices; i++)
        {
            int count = i < longer ? size + 1 : size;
            state.AllocateElements(count + 1);
            List<object?> column = items.GetRange(start, count);
            if (fill is not null && i >= longer)
                column.Add(fill);
            start += count;
            yield return column;
        }
    }
}
