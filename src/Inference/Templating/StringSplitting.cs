using System.Buffers;

namespace Inference.Templating;

/// <summary>The methods of strings that cut them into parts.</summary>
internal static class StringSplitting
{
    private static readonly SearchValues<char> _lineEnds = SearchValues.Create("\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029");

    public static object? Split(RenderState state, object text, Arguments arguments, bool fromEnd)
    {
        BoundArguments bound = arguments.Bind(state, "split", 0, "sep", "maxsplit");
        int limit = bound.Integer(1, -1);
        int cuts = limit < 0 ? int.MaxValue : limit;
        List<object?> parts;
        if (bound.TextOrNull(0) is not string separator)
            parts = fromEnd ? BySpacesFromEnd(state, text, cuts) : BySpaces(state, text, cuts);
        else if (separator.Length == 0)
            throw state.Fail("split() expects a separator that is not empty");
        else
        {
            state.Search(TemplateText.Characters(text).Length, separator.Length);
            parts = fromEnd ? BySeparatorFromEnd(state, text, separator, cuts) : BySeparator(state, text, separator, cuts);
        }
        if (fromEnd)
            parts.Reverse();
        return parts;
    }

    public static object? SplitLines(RenderState state, object text, Arguments arguments) =>
        Lines(state, text, arguments.Bind(state, "splitlines", 0, "keepends").Flag(0));

    /// <summary>The lines, ended by any of the separators that Python knows.</summary>
    public static List<object?> Lines(RenderState state, object source, bool keepEnds = false)
    {
        string text = TemplateText.Characters(source);
        var lines = new List<object?>();
        for (int start = 0; start < text.Length;)
        {
            int length = text.AsSpan(start).IndexOfAny(_lineEnds);
            int end = length < 0 ? text.Length : start + length;
            int next = length < 0 ? end : text.HasAt(end, "\r\n") ? end + 2 : end + 1;
            Add(state, lines, source, start, keepEnds ? next : end);
            start = next;
        }
        return lines;
    }

    public static object? Partition(RenderState state, object source, Arguments arguments, bool last)
    {
        string text = TemplateText.Characters(source);
        string separator = arguments.BindPositional(state, "partition", 1, "sep").Text(0);
        if (separator.Length == 0)
            throw state.Fail("partition() expects a separator that is not empty");
        state.Search(text.Length, separator.Length);
        int place = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        if (place < 0)
            return new TupleValue(last ? ["", "", source] : [source, "", ""]);
        int after = place + separator.Length;
        return new TupleValue([TemplateText.Slice(source, 0, place), TemplateText.Slice(source, place, after), TemplateText.Slice(source, after, text.Length)]);
    }

    private static void Add(RenderState state, List<object?> parts, object source, int start, int end)
    {
        state.Allocate(end - start + 24);
        parts.Add(TemplateText.Slice(source, start, end));
    }

    private static List<object?> BySpaces(RenderState state, object source, int cuts)
    {
        string text = TemplateText.Characters(source);
        var parts = new List<object?>();
        for (int start = text.SkipSpaces(0); start < text.Length; cuts--)
        {
            int length = cuts == 0 ? -1 : text.AsSpan(start).IndexOfAny(Characters.Spaces);
            int end = length < 0 ? text.Length : start + length;
            Add(state, parts, source, start, end);
            start = text.SkipSpaces(end);
        }
        return parts;
    }

    private static List<object?> BySpacesFromEnd(RenderState state, object source, int cuts)
    {
        string text = TemplateText.Characters(source);
        var parts = new List<object?>();
        for (int end = Trimmed(text.Length); end > 0; cuts--)
        {
            int start = cuts == 0 ? 0 : text.AsSpan(0, end).LastIndexOfAny(Characters.Spaces) + 1;
            Add(state, parts, source, start, end);
            end = Trimmed(start);
        }
        return parts;

        int Trimmed(int end) => text.AsSpan(0, end).LastIndexOfAnyExcept(Characters.Spaces) + 1;
    }

    private static List<object?> BySeparator(RenderState state, object source, string separator, int cuts)
    {
        string text = TemplateText.Characters(source);
        var parts = new List<object?>();
        int start = 0;
        for (int place; cuts > 0 && (place = text.IndexOf(separator, start, StringComparison.Ordinal)) >= 0; cuts--)
        {
            Add(state, parts, source, start, place);
            start = place + separator.Length;
        }
        Add(state, parts, source, start, text.Length);
        return parts;
    }

    private static List<object?> BySeparatorFromEnd(RenderState state, object source, string separator, int cuts)
    {
        string text = TemplateText.Characters(source);
        var parts = new List<object?>();
        int end = text.Length;
        for (int place; cuts > 0 && (place = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal)) >= 0; cuts--)
        {
            Add(state, parts, source, place + separator.Length, end);
            end = place;
        }
        Add(state, parts, source, 0, end);
        return parts;
    }
}
