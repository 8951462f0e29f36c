namespace Inference.Templating;

/// <summary>Equality, order and membership by Python's rules.</summary>
internal static class Comparison
{
    public static bool AreEqual(RenderState state, object? left, object? right, int depth = 0)
    {
        state.Step();
        left = TemplateText.Plain(left);
        right = TemplateText.Plain(right);
        if (Numbers.IsNumber(left))
            return Numbers.IsNumber(right) && Numbers.Compare(left!, right!) == 0;
        switch (left, right)
        {
            case (string a, string b):
                if (a.Length != b.Length)
                    return false;
                state.Work(a.Length);
                return string.Equals(a, b, StringComparison.Ordinal);
            case (Undefined, Undefined):
                return true;
            case (List<object?> a, List<object?> b):
                return FirstDifference(state, a, b, depth) < 0;
            case (TupleValue a, TupleValue b):
                return FirstDifference(state, a.Items, b.Items, depth) < 0;
            case (RangeValue a, RangeValue b):
                return a.Count == b.Count && (a.Count == 0 || (a[0] == b[0] && (a.Count == 1 || a.Step == b.Step)));
            case (MapValue a, MapValue b):
                state.GuardDepth(depth);
                return a.Count == b.Count && a.Entries.All(
                    entry => b.TryGet(entry.Key, out object? other) && AreEqual(state, entry.Value, other, depth + 1));
            default:
                return ReferenceEquals(left, right);
        }
    }

    /// <summary>Applies one of the ordering operators.</summary>
    public static bool Order(RenderState state, string comparison, object? left, object? right, int depth = 0)
    {
        left = TemplateText.Plain(left);
        right = TemplateText.Plain(right);
        if (Numbers.IsNumber(left) && Numbers.IsNumber(right))
        {
            // Null, for not-a-number, orders with nothing.
            int? order = Numbers.Compare(left!, right!);
            return order is int sign && Holds(comparison, sign);
        }
        switch (left, right)
        {
            case (string a, string b):
                state.Work(Math.Min(a.Length, b.Length));
                return Holds(comparison, PythonText.Compare(a, b));
            case (List<object?> a, List<object?> b):
                return OrderItems(state, comparison, a, b, depth);
            case (TupleValue a, TupleValue b):
                return OrderItems(state, comparison, a.Items, b.Items, depth);
            case (Undefined undefined, _):
                throw state.Fail(undefined.Detail);
            case (_, Undefined undefined):
                throw state.Fail(undefined.Detail);
            default:
                throw state.Fail($"'{comparison}' does not compare '{TypeNames.Of(left)}' and '{TypeNames.Of(right)}'");
        }
    }

    public static bool Contains(RenderState state, object? container, object? item)
    {
        switch (TemplateText.Plain(container))
        {
            case string text:
                if (TemplateText.Plain(item) is not string part)
                    throw state.Fail(item is Undefined undefined ? undefined.Detail : $"'in' a string expects a string, not '{TypeNames.Of(item)}'");
                state.Search(text.Length, part.Length);
                return text.Contains(part, StringComparison.Ordinal);
            case MapValue map:
                return map.Contains(item);
            case MapView { Kind: "dict_keys" } view:
                return view.Map.Contains(item);
            case RangeValue range when item is long number:
                return range.Contains(number);
            default:
                return Sequences.Walk(state, container).Any(element => ReferenceEquals(element, item) || AreEqual(state, element, item));
        }
    }

    private static bool OrderItems(RenderState state, string comparison, IReadOnlyList<object?> left, IReadOnlyList<object?> right, int depth)
    {
        int difference = FirstDifference(state, left, right, depth);
        return difference >= 0 && difference < left.Count && difference < right.Count
            ? Order(state, comparison, left[difference], right[difference], depth + 1)
            : Holds(comparison, left.Count.CompareTo(right.Count));
    }

    private static int FirstDifference(RenderState state, IReadOnlyList<object?> left, IReadOnlyList<object?> right, int depth)
    {
        state.GuardDepth(depth);
        int shared = Math.Min(left.Count, right.Count);
        for (int i = 0; i < shared; i++)
        {
            if (!ReferenceEquals(left[i], right[i]) && !AreEqual(state, left[i], right[i], depth + 1))
                return i;
        }
        return left.Count == right.Count ? -1 : shared;
    }

    private static bool Holds(string comparison, int order) => comparison switch
    {
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    };
}
