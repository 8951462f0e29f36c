using System.Text;

namespace Inference.Templating;

/// <summary>What <c>value.name</c>, <c>value[key]</c> and <c>value[a:b:c]</c> mean.</summary>
internal static class Subscripts
{
    /// <summary>Methods that change what they are called on; the sandbox keeps them from templates.</summary>
    private static readonly HashSet<string> _mutating =
        ["append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update"];

    public static object? Attribute(RenderState state, object? target, string name)
    {
        if (target is Undefined undefined)
            throw state.Fail(undefined.Detail);
        return TryMember(state, target, name, out object? value) || TryItem(state, target, name, out value)
            ? value
            : Undefined.Attribute(target, name);
    }

    public static object? Item(RenderState state, object? target, object? key)
    {
        if (target is Undefined undefined)
            throw state.Fail(undefined.Detail);
        return TryItem(state, target, key, out object? value) || (TemplateText.Plain(key) is string name && TryMember(state, target, name, out value))
            ? value
            : Undefined.Attribute(target, key);
    }

    /// <summary>The attribute of the value itself; an entry of that name does not count.</summary>
    public static object? Member(RenderState state, object? target, string name)
    {
        if (target is Undefined undefined)
            throw state.Fail(undefined.Detail);
        return TryMember(state, target, name, out object? value) ? value : Undefined.Attribute(target, name);
    }

    public static object? Slice(RenderState state, object? target, long? start, long? stop, long? step)
    {
        if (step == 0)
            throw state.Fail("the step of a slice is 0");
        switch (target)
        {
            case string or TemplateText: return SliceText(state, target, start, stop, step ?? 1);
            case List<object?> list: return new List<object?>(Pick(state, list.Count, start, stop, step ?? 1).Select(i => list[i]));
            case TupleValue tuple: return new TupleValue([.. Pick(state, tuple.Items.Length, start, stop, step ?? 1).Select(i => tuple.Items[i])]);
            case RangeValue range:
                (long first, long end, long stride) = Bounds(range.Count, start, stop, step ?? 1);
                return RangeValue.Create(state, At(range, first), At(range, end), Math.Clamp(stride, -range.Count - 1, range.Count + 1) * range.Step);
            case Undefined undefined: throw state.Fail(undefined.Detail);
            default: throw state.Fail($"'{TypeNames.Of(target)}' cannot be sliced");
        }
    }

    /// <summary>The first place, the place to stop before, and the stride, by Python's rules.</summary>
    private static (long First, long End, long Step) Bounds(int count, long? start, long? stop, long step)
    {
        long low = step > 0 ? 0 : -1;
        long high = step > 0 ? count : count - 1;
        return (Bound(start, step > 0 ? low : high), Bound(stop, step > 0 ? high : low), step);

        long Bound(long? place, long otherwise) =>
            place is long value ? Math.Clamp(value < 0 ? Math.Max(value, -(long)count - 1) + count : value, low, high) : otherwise;
    }

    private static IEnumerable<int> Pick(RenderState state, int count, long? start, long? stop, long step)
    {
        (long first, long end, _) = Bounds(count, start, stop, step);
        long stride = Math.Clamp(step, -count - 1L, count + 1L);
        state.AllocateElements(Math.Max(0, (end - first) / stride));
        for (long i = first; stride > 0 ? i < end : i > end; i += stride)
            yield return (int)i;
    }

    private static long At(RangeValue range, long index) => range.Count == 0 ? 0 : range[0] + index * range.Step;

    private static object SliceText(RenderState state, object target, long? start, long? stop, long step)
    {
        string text = TemplateText.Characters(target);
        state.Allocate(text.Length);
        int count = PythonText.Length(text);
        (long first, long end, _) = Bounds(count, start, stop, step);
        if (step == 1)
            {
            int from = PythonText.Offset(text, (int)first);
            return TemplateText.Slice(target, from, Math.Max(from, PythonText.Offset(text, (int)end)));
        }
        object[]? elements = count < text.Length ? [.. TemplateText.Elements(target)!] : null;
        var result = new TextBuilder();
        foreach (int i in Pick(state, count, start, stop, step))
            _ = elements is null ? result.Append(target, i, i + 1) : result.Append(elements[i]);
        object slice = result.Build();
        return target is TemplateText { IsSafe: true } ? TemplateText.Safe(slice)! : slice;
    }

    private static bool TryItem(RenderState state, object? target, object? key, out object? value)
    {
        value = null;
        if (target is MapValue map)
            return map.TryGet(key, out value);
        if (key is not (long or bool) || target is not (string or TemplateText or List<object?> or TupleValue or RangeValue))
            return false;
        int count = Sequences.Count(state, target)!.Value;
        long index = (long)Numbers.Widen(key);
        if (index < 0)
            index += count;
        if (index < 0 || index >= count)
            return false;
        value = target switch
        {
            string or TemplateText => Element(target, (int)index),
            List<object?> list => list[(int)index],
            TupleValue tuple => tuple.Items[(int)index],
            _ => ((RangeValue)target)[(int)index],
        };
        return true;
    }

    private static object Element(object target, int index)
    {
        string text = TemplateText.Characters(target);
        int offset = PythonText.Offset(text, index);
        return TemplateText.Slice(target, offset, offset + (char.IsHighSurrogate(text[offset]) && offset + 1 < text.Length && char.IsLowSurrogate(text[offset + 1]) ? 2 : 1));
    }

    private static bool TryMember(RenderState state, object? target, string name, out object? value)
    {
        value = null;
        if (target is IAttributed attributed)
            return attributed.TryGetAttribute(state, name, out value);
        value = target switch
        {
            TemplateText { IsSafe: true } safe => HtmlText.Bind(safe, name),
            string or TemplateText => StringMethods.Bind(target, name),
            MapValue or List<object?> when _mutating.Contains(name) && IsMethod(target, name) =>
                new Undefined($"the method '{name}' of '{TypeNames.Of(target)}' changes it, which templates may not do"),
            MapValue map => MapMethods.Bind(map, name),
            List<object?> or TupleValue => ListMethods.Bind(target, name),
            _ => null,
        };
        return value is not null;
    }

    private static bool IsMethod(object target, string name) => target is MapValue
        ? name is "clear" or "pop" or "popitem" or "setdefault" or "update"
        : name is not ("popitem" or "setdefault" or "update");
}
