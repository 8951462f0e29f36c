namespace Inference.Templating;

/// <summary>Walks over values that have elements.</summary>
internal static class Sequences
{
    public static bool IsIterable(object? value) =>
        value is string or TemplateText or List<object?> or TupleValue or MapValue or MapView or RangeValue or GeneratorValue or Undefined;

    /// <summary>The number of elements where it is known without walking; else null.</summary>
    public static int? Count(RenderState state, object? value)
    {
        switch (value)
        {
            case string plain:
                state.Work(plain.Length);
                return PythonText.Length(plain);
            case TemplateText text: return Count(state, text.Text);
            case List<object?> list: return list.Count;
            case TupleValue tuple: return tuple.Items.Length;
            case MapValue map: return map.Count;
            case MapView view: return view.Map.Count;
            case RangeValue range: return range.Count;
            case Undefined: return 0;
            case LoopValue loop: return loop.Count(state);
            default: return null;
        }
    }

    /// <summary>The elements, each paid for as it is reached; fails at once where there are none to have.</summary>
    public static IEnumerable<object?> Walk(RenderState state, object? value)
    {
        if (!IsIterable(value))
            throw state.Fail($"'{TypeNames.Of(value)}' has no elements to go over");
        return WalkElements(state, Elements(state, value));
    }

    public static List<object?> ToList(RenderState state, object? value)
    {
        var list = new List<object?>();
        foreach (object? item in Walk(state, value))
        {
            state.AllocateElements(1);
            list.Add(item);
        }
        return list;
    }

    /// <summary>The elements where they can be had by their place: lists, tuples and what list() makes of others.</summary>
    public static IReadOnlyList<object?> ToIndexed(RenderState state, object? value) => value switch
    {
        List<object?> list => list,
        TupleValue tuple => tuple.Items,
        _ => ToList(state, value),
    };

    private static IEnumerable<object?> Elements(RenderState state, object? value) => value switch
    {
        string or TemplateText => TemplateText.Elements(TemplateText.Unsafe(value)!),
        List<object?> list => list,
        TupleValue tuple => tuple.Items,
        MapValue map => map.Entries.Select(entry => entry.Key),
        MapView view => view.Items,
        RangeValue range => Enumerable.Range(0, range.Count).Select(i => (object?)range[i]),
        GeneratorValue generator => generator.Remaining(state),
        _ => [],
    };

    private static IEnumerable<object?> WalkElements(RenderState state, IEnumerable<object?> elements)
    {
        foreach (object? item in elements)
        {
            state.Step();
            yield return item;
        }
    }
}
