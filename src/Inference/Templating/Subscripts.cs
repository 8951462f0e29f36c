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
        return TryItem(state, target, key, out object? value) || (key is string name && TryMember(state, target, name, out value))
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
            case SafeText safe: return new SafeText(SliceText(state, safe.Text, start, stop, step ?? 1));
            case string text: return SliceText(state, text, start, stop, step ?? 1);
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

    private static string SliceText(RenderState state, string text, long? start, long? stop, long step)
    {
        state.Allocate(text.Length);
        if (PythonText.HasSurrogates(text))
        {
            List<string> elements = [.. PythonText.Elements(text)];
            return string.Concat(Pick(state, elements.Count, start, stop, step).Select(i => elements[i]));
        }
        (long first, long end, _) = Bounds(text.Length, start, stop, step);
        if (step == 1)
            return end > first ? text[(int)first..(int)end] : "";
        var result = new StringBuilder();
        foreach (int i in Pick(state, text.Length, start, stop, step))
            result.Append(text[i]);
        return result.ToString();
    }

    private static bool TryItem(RenderState state, object? target, object? key, out object? value)
    {
        value = null;
        if (target is SafeText safe)
        {
            bool found = TryItem(state, safe.Text, key, out value);
            value = SafeText.Wrap(value);
            return found;
        }
        if (target is MapValue map)
            return map.TryGet(key, out value);
        if (key is not (long or bool) || target is not (string or List<object?> or TupleValue or RangeValue))
            return false;
        int count = Sequences.Count(state, target)!.Value;
        long index = (long)Numbers.Widen(key);
        if (index < 0)
            index += count;
        if (index < 0 || index >= count)
            return false;
        value = target switch
        {
            string text => Element(text, (int)index),
            List<object?> list => list[(int)index],
            TupleValue tuple => tuple.Items[(int)index],
            _ => ((RangeValue)target)[(int)index],
        };
        return true;
    }

    private static string Element(string text, int index)
    {
        int offset = PythonText.Offset(text, index);
        return text.Substring(offset, char.IsHighSurrogate(text[offset]) && offset + 1 < text.Length && char.IsLowSurrogate(text[offset + 1]) ? 2 : 1);
    }

    private static bool TryMember(RenderState state, object? target, string name, out object? value)
    {
        value = null;
        if (target is IAttributed attributed)
            return attributed.TryGetAttribute(state, name, out value);
        value = target switch
        {
            string text => StringMethods.Bind(text, name),
            SafeText safe => safe.Bind(name),
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
