namespace Inference.Templating;

/// <summary>The methods of strings that look for parts of them. Places are counted in code points.</summary>
internal static class StringSearch
{
    public static object? Find(RenderState state, string text, Arguments arguments, string name, bool last)
    {
        BoundArguments bound = arguments.BindPositional(state, name, 1, "part", "start", "end");
        string part = bound.Text(0);
        if (Window(text, bound.IntegerOrNull(1), bound.IntegerOrNull(2)) is not (int start, int end))
            return -1L;
        state.Search(end - start, part.Length);
        ReadOnlySpan<char> window = text.AsSpan(start, end - start);
        int place = last ? window.LastIndexOf(part, StringComparison.Ordinal) : window.IndexOf(part, StringComparison.Ordinal);
        return place < 0 ? -1L : PythonText.Length(text.AsSpan(0, start + place));
    }

    public static object? Index(RenderState state, string text, Arguments arguments, string name, bool last)
    {
        object? place = Find(state, text, arguments, name, last);
        return place is -1L ? throw state.Fail($"{name}() does not find the part") : place;
    }

    public static object? Count(RenderState state, string text, Arguments arguments)
    {
        BoundArguments bound = arguments.BindPositional(state, "count", 1, "part", "start", "end");
        string part = bound.Text(0);
        if (Window(text, bound.IntegerOrNull(1), bound.IntegerOrNull(2)) is not (int start, int end))
            return 0L;
        ReadOnlySpan<char> window = text.AsSpan(start, end - start);
        state.Search(window.Length, part.Length);
        return part.Length == 0 ? PythonText.Length(window) + 1L : (long)window.Count(part);
    }

    /// <summary>The text with the part replaced, the first so many times; a negative count means every time.</summary>
    public static object Replace(RenderState state, object text, string old, object replacement, int count)
    {
        string plain = TemplateText.Characters(text);
        state.Search(plain.Length, old.Length);
        if (old.Length == 0)
            return Interleave(state, text, replacement, count);
        var result = new TextBuilder();
        int length = TemplateText.Characters(replacement).Length;
        int from = 0;
        for (int place = plain.IndexOf(old, StringComparison.Ordinal); place >= 0 && count != 0; count--)
        {
            state.Allocate(length + place - from);
            result.Append(text, from, place).Append(replacement);
            from = place + old.Length;
            place = plain.IndexOf(old, from, StringComparison.Ordinal);
        }
        return from == 0 ? text : result.Append(text, from, plain.Length).Build();
    }

    /// <summary>The part of the text between two places in code points, as offsets; null where the start lies beyond the end.</summary>
    public static (int Start, int End)? Window(string text, int? start, int? end)
    {
        int length = PythonText.Length(text);
        int first = Place(start ?? 0, length);
        int last = Math.Min(Place(end ?? length, length), length);
        return first > last ? null : (PythonText.Offset(text, first), PythonText.Offset(text, last));
    }

    private static int Place(int place, int length) => place < 0 ? Math.Max(0, place + length) : place;

    private static object Interleave(RenderState state, object text, object part, int count)
    {
        var result = new TextBuilder();
        int length = TemplateText.Characters(part).Length;
        foreach (object? element in TemplateText.Elements(text))
        {
            if (count-- != 0)
            {
                state.Allocate(length);
                result.Append(part);
            }
            else
                count = 0;
            result.Append(element!);
        }
        return count != 0 ? result.Append(part).Build() : result.Build();
    }
}
