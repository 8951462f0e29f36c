namespace Inference.Templating;

/// <summary>A test: what may follow <c>is</c>.</summary>
internal delegate bool ValueTest(RenderState state, object? input, Arguments arguments);

/// <summary>All tests by name.</summary>
internal static class ValueTests
{
    public static IReadOnlyDictionary<string, ValueTest> ByName { get; } = new Dictionary<string, ValueTest>
    {
        ["boolean"] = Of(value => value is bool),
        ["callable"] = Of(value => value is ICallable or Undefined),
        ["defined"] = Of(value => value is not Undefined),
        ["divisibleby"] = (state, input, arguments) => IsRemainder(state, input, arguments.Bind(state, "divisibleby", 1, "num").Value(0), 0L),
        ["escaped"] = Of(value => value is TemplateText { IsSafe: true }),
        ["even"] = (state, input, arguments) => IsRemainder(state, input, 2L, 0L),
        ["false"] = Of(value => value is false),
        ["filter"] = Of(value => value is string name && Filters.ByName.ContainsKey(name)),
        ["float"] = Of(value => value is double),
        ["in"] = (state, input, arguments) => Comparison.Contains(state, arguments.Bind(state, "in", 1, "seq").Value(0), input),
        ["integer"] = Of(value => value is not bool && Numbers.IsInteger(value)),
        ["iterable"] = Of(Sequences.IsIterable),
        ["lower"] = (state, input, arguments) => StringMethods.IsCase(ValueText.Of(state, input), upper: false),
        ["mapping"] = Of(value => value is MapValue),
        ["none"] = Of(value => value is null),
        ["number"] = Of(Numbers.IsNumber),
        ["odd"] = (state, input, arguments) => IsRemainder(state, input, 2L, 1L),
        ["sameas"] = (state, input, arguments) => IsSame(input, TemplateText.Plain(arguments.Bind(state, "sameas", 1, "other").Value(0))),
        ["sequence"] = Of(value => value is string or List<object?> or TupleValue or MapValue or RangeValue or Undefined),
        ["string"] = Of(value => value is string),
        ["test"] = Of(IsTest),
        ["true"] = Of(value => value is true),
        ["undefined"] = Of(value => value is Undefined),
        ["upper"] = (state, input, arguments) => StringMethods.IsCase(ValueText.Of(state, input), upper: true),
        ["eq"] = Equal,
        ["equalto"] = Equal,
        ["ne"] = (state, input, arguments) => !Equal(state, input, arguments),
        ["gt"] = Order(">"),
        ["greaterthan"] = Order(">"),
        ["ge"] = Order(">="),
        ["lt"] = Order("<"),
        ["lessthan"] = Order("<"),
        ["le"] = Order("<="),
        ["=="] = Equal,
        ["!="] = (state, input, arguments) => !Equal(state, input, arguments),
        [">"] = Order(">"),
        [">="] = Order(">="),
        ["<"] = Order("<"),
        ["<="] = Order("<="),
    };

    public static bool Apply(RenderState state, string name, object? input, Arguments arguments)
    {
        if (!ByName.TryGetValue(name, out ValueTest? test))
            throw state.Fail($"there is no test '{name}'");
        object? plain = TemplateText.Plain(input);
        if (plain is string text)
            state.Work(text.Length);
        return test(state, name == "escaped" ? input : plain, arguments);
    }

    private static ValueTest Of(Func<object?, bool> holds) => (state, input, arguments) =>
    {
        arguments.RequireNone(state, "the test");
        return holds(input);
    };

    private static ValueTest Order(string comparison) => (state, input, arguments) =>
        Comparison.Order(state, comparison, input, arguments.Bind(state, "the test", 1, "other").Value(0));

    private static bool Equal(RenderState state, object? input, Arguments arguments) =>
        Comparison.AreEqual(state, input, arguments.Bind(state, "equalto", 1, "other").Value(0));

    private static bool IsTest(object? value) => value is string name && ByName.ContainsKey(name);

    private static bool IsRemainder(RenderState state, object? input, object? divisor, long remainder) =>
        Comparison.AreEqual(state, Operators.Apply(state, "%", input, divisor), remainder);

    private static bool IsSame(object? left, object? right) => (left, right) switch
    {
        (long a, long b) => a == b,
        (bool a, bool b) => a == b,
        (string a, string b) => a == b,
        _ => ReferenceEquals(left, right),
    };
}
