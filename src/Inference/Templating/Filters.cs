namespace Inference.Templating;

/// <summary>A filter: takes the value on the left of the bar, and arguments.</summary>
internal delegate object? Filter(RenderState state, object? input, Arguments arguments);

/// <summary>All filters by name.</summary>
internal static class Filters
{
    public static IReadOnlyDictionary<string, Filter> ByName { get; } = new Dictionary<string, Filter>
    {
        ["abs"] = NumberFilters.Abs,
        ["attr"] = SequenceFilters.Attribute,
        ["batch"] = SequenceFilters.Batch,
        ["capitalize"] = TextFilters.Change("capitalize", PythonText.Capitalize),
        ["center"] = TextFilters.Center,
        ["count"] = SequenceFilters.Length,
        ["d"] = SequenceFilters.Default,
        ["default"] = SequenceFilters.Default,
        ["dictsort"] = SortFilters.DictSort,
        ["e"] = TextFilters.Escape,
        ["escape"] = TextFilters.Escape,
        ["first"] = SequenceFilters.First,
        ["float"] = NumberFilters.Float,
        ["forceescape"] = (state, input, arguments) => TextFilters.Escape(state, TemplateText.Unsafe(input), arguments),
        ["format"] = TextFilters.Format,
        ["groupby"] = SortFilters.GroupBy,
        ["indent"] = TextFilters.Indent,
        ["int"] = NumberFilters.Integer,
        ["items"] = SequenceFilters.Items,
        ["join"] = SequenceFilters.Join,
        ["last"] = SequenceFilters.Last,
        ["length"] = SequenceFilters.Length,
        ["list"] = SequenceFilters.List,
        ["lower"] = TextFilters.Change("lower", PythonText.Lower),
        ["map"] = SelectionFilters.Map,
        ["max"] = SortFilters.Max,
        ["min"] = SortFilters.Min,
        ["reject"] = SelectionFilters.Create("reject", byAttribute: false, keep: false),
        ["rejectattr"] = SelectionFilters.Create("rejectattr", byAttribute: true, keep: false),
        ["replace"] = TextFilters.Replace,
        ["reverse"] = SequenceFilters.Reverse,
        ["round"] = NumberFilters.Round,
        ["safe"] = TextFilters.Safe,
        ["select"] = SelectionFilters.Create("select", byAttribute: false, keep: true),
        ["selectattr"] = SelectionFilters.Create("selectattr", byAttribute: true, keep: true),
        ["slice"] = SequenceFilters.Slice,
        ["sort"] = SortFilters.Sort,
        ["string"] = TextFilters.Text,
        ["sum"] = SequenceFilters.Sum,
        ["title"] = TextFilters.Change("title", TextFilters.Title),
        ["tojson"] = JsonText.Filter,
        ["trim"] = TextFilters.Trim,
        ["truncate"] = TextFilters.Truncate,
        ["unique"] = SortFilters.Unique,
        ["upper"] = TextFilters.Change("upper", PythonText.Upper),
        ["urlencode"] = TextFilters.UrlEncode,
        ["wordcount"] = TextFilters.WordCount,
    };

    /// <summary>Filters that look at safe text themselves.</summary>
    private static readonly HashSet<string> _knowSafe = ["d", "default", "e", "escape", "forceescape", "format"];

    /// <summary>Filters that make safe text of safe text.</summary>
    private static readonly HashSet<string> _keepSafe =
        ["capitalize", "center", "indent", "lower", "reverse", "string", "trim", "truncate", "upper"];

    public static object? Apply(RenderState state, string name, object? input, Arguments arguments)
    {
        if (!ByName.TryGetValue(name, out Filter? filter))
            throw state.Fail($"there is no filter '{name}'");
        if (TemplateText.Plain(input) is string text)
            state.Work(text.Length);
        if (input is not TemplateText { IsSafe: true } || _knowSafe.Contains(name))
            return filter(state, input, arguments);
        object? result = filter(state, TemplateText.Unsafe(input), arguments);
        return _keepSafe.Contains(name) ? TemplateText.Safe(result) : result;
    }
}
