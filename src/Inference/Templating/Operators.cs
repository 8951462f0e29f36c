namespace Inference.Templating;

/// <summary>The binary operators over all types that have them.</summary>
internal static class Operators
{
    public static object? Apply(RenderState state, string operation, object? left, object? right)
    {
        if (Numbers.IsNumber(left) && Numbers.IsNumber(right))
            return Numbers.Apply(state, operation, left!, right!);
        switch (operation, left, right)
        {
            case (_, Undefined undefined, _):
                throw state.Fail(undefined.Detail);
            case ("+", string or TemplateText, string or TemplateText):
                return Concatenate(state, left, right);
            case ("%", TemplateText { IsSafe: true } format, _):
                return TemplateText.Safe(PercentFormat.Format(state, format, EscapeArguments(state, right)));
            case ("%", string or TemplateText, _):
                return PercentFormat.Format(state, left, right);
            case (_, _, Undefined undefined):
                throw state.Fail(undefined.Detail);
            case ("+", List<object?> a, List<object?> b):
                state.AllocateElements(a.Count + b.Count);
                return new List<object?>([.. a, .. b]);
            case ("+", TupleValue a, TupleValue b):
                state.AllocateElements(a.Items.Length + b.Items.Length);
                return new TupleValue([.. a.Items, .. b.Items]);
            case ("*", _, _) when Numbers.IsInteger(right):
                return Repeat(state, left, right) ?? throw Mismatch(state, operation, left, right);
            case ("*", _, _) when Numbers.IsInteger(left):
                return Repeat(state, right, left) ?? throw Mismatch(state, operation, left, right);
            default:
                throw Mismatch(state, operation, left, right);
        }
    }

    public static object Sign(RenderState state, bool negative, object? operand)
    {
        if (operand is Undefined undefined)
            throw state.Fail(undefined.Detail);
        if (!Numbers.IsNumber(operand))
            throw state.Fail($"a sign does not go with '{TypeNames.Of(operand)}'");
        return negative ? Numbers.Negate(operand!) : Numbers.Widen(operand!);
    }

    private static object? Concatenate(RenderState state, object left, object right)
    {
        bool safe = left is TemplateText { IsSafe: true } || right is TemplateText { IsSafe: true };
        if (safe)
            (left, right) = (HtmlText.Escape(state, left), HtmlText.Escape(state, right));
        state.Allocate(TemplateText.Characters(left).Length + TemplateText.Characters(right).Length);
        if (left is string start && right is string end)
            return start + end;
        object text = new TextBuilder().Append(left).Append(right).Build();
        return safe ? TemplateText.Safe(text) : text;
    }

    private static object? EscapeArguments(RenderState state, object? values) => values switch
    {
        TupleValue tuple => new TupleValue(Array.ConvertAll(tuple.Items, item => EscapeArguments(state, item))),
        MapValue => values,
        _ => Numbers.IsNumber(values) ? values : HtmlText.Escape(state, values),
    };

    private static object? Repeat(RenderState state, object? value, object? times)
    {
        if (value is TemplateText { IsSafe: true })
            return TemplateText.Safe(Repeat(state, TemplateText.Unsafe(value), times));
        int length = value switch
        {
            string or TemplateText => TemplateText.Characters(value).Length,
            List<object?> list => list.Count,
            TupleValue tuple => tuple.Items.Length,
            _ => -1,
        };
        if (length < 0)
            return null;
        long count = (long)System.Numerics.BigInteger.Clamp(Numbers.ToBig(times!), 0, int.MaxValue);
        state.Allocate(length * count * (TemplateText.IsText(value) ? 1 : 8));
        // The loops below run once a repetition, also of nothing.
        count = length == 0 ? 0 : count;
        switch (value)
        {
            case string or TemplateText:
                string repeated = new System.Text.StringBuilder().Insert(0, TemplateText.Characters(value), (int)count).ToString();
                return TemplateText.OriginOf(value).IsWhole(length) && value is TemplateText ? TemplateText.Own(repeated) : repeated;
            case List<object?> list:
                var items = new List<object?>();
                for (long i = 0; i < count; i++)
                    items.AddRange(list);
                return items;
            default:
                return new TupleValue([.. Enumerable.Repeat(((TupleValue)value!).Items, (int)count).SelectMany(items => items)]);
        }
    }

    private static ChatTemplateException Mismatch(RenderState state, string operation, object? left, object? right) =>
        state.Fail($"'{operation}' does not go with '{TypeNames.Of(left)}' and '{TypeNames.Of(right)}'");
}
