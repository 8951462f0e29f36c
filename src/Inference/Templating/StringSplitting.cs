using System.Buffers;

namespace Inference.Templating;

/// <summary>The methods of strings that cut them into parts.</summary>
internal static class StringSplitting
{
    private static readonly SearchValues<char> _lineEnds = SearchValues.Create("\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029");

    public static object? Split(RenderState state, string text, Arguments arguments, bool fromEnd)
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
            state.Search(text.Length, separator.Length);
            parts = fromEnd ? BySeparatorFromEnd(state, text, separator, cuts) : BySeparator(state, text, separator, cuts);
        }
        if (fromEnd)
            parts.Reverse();
        return parts;
    }

    public static object? SplitLines(RenderState state, string text, Arguments arguments) =>
        Lines(state, text, arguments.Bind(state, "splitlines", 0, "keepends").Flag(0));

    /// <summary>The lines, ended by any of the separators that Python knows.</summary>
    public static List<object?> Lines(RenderState state, string text, bool keepEnds = false)
    {
        var lines = new List<object?>();
        for (int start = 0; start < text.Length;)
        {
            int length = text.AsSpan(start).IndexOfAny(_lineEnds);
            int end = length < 0 ? text.Length : start + length;
            int next = length < 0 ? end : text.HasAt(end, "\r\n") ? end + 2 : end + 1;
            Add(state, lines, text[start..(keepEnds ? next : end)]);
            start = next;
        }
        return lines;
    }

    public static object? Partition(RenderState state, string text, Arguments arguments, bool last)
    {
        string separator = arguments.BindPositional(state, "partition", 1, "sep").Text(0);
        if (separator.Length == 0)
            throw state.Fail("partition() expects a separator that is not empty");
        state.Search(text.Length, separator.Length);
        int place = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        if (place < 0)
            return new TupleValue(last ? ["", "", text] : [text, "", ""]);
        return new TupleValue([text[..place], separator, text[(place + separator.Length)..]]);
    }

    private static void Add(RenderState state, List<object?> parts, string part)
    {
        state.Allocate(part.Length + 24);
        parts.Add(part);
    }

    private static List<object?> BySpaces(RenderState state, string text, int cuts)
    {
        var parts = new List<object?>();
        for (int start = text.SkipSpaces(0); start < text.Length; cuts--)
        {
            int length = cuts == 0 ? -1 : text.AsSpan(start).IndexOfAny(Characters.Spaces);
            int end = length < 0 ? text.Length : start + length;
            Add(state, parts, text[start..end]);
            start = text.SkipSpaces(end);
        }
        return parts;
    }

    private static List<object?> BySpacesFromEnd(RenderState state, string text, int cuts)
    {
        var parts = new List<object?>();
        for (int end = Trimmed(text.Length); end > 0; cuts--)
        {
            int start = cuts == 0 ? 0 : text.AsSpan(0, end).LastIndexOfAny(Characters.Spaces) + 1;
            Add(state, parts, text[start..end]);
            end = Trimmed(start);
        }
        return parts;

        int Trimmed(int end) => text.AsSpan(0, end).LastIndexOfAnyExcept(Characters.Spaces) + 1;
    }

    private static List<object?> BySeparator(RenderState state, string text, string separator, int cuts)
    {
        var parts = new List<object?>();
        int start = 0;
        for (int place; cuts > 0 && (place = text.IndexOf(separator, start, StringComparison.Ordinal)) >= 0; cuts--)
        {
            Add(state, parts, text[start..place]);
            start = place + separator.Length;
        }
        Add(state, parts, text[start..]);
        return parts;
    }

    private static List<object?> BySeparatorFromEnd(RenderState state, string text, string separator, int cuts)
    {
        var parts = new List<object?>();
        int end = text.Length;
        for (int place; cuts > 0 && (place = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal)) >= 0; cuts--)
        {
            Add(state, parts, text[(place + separator.Length)..end]);
            end = place;
        }
        Add(state, parts, text[..end]);
        return parts;
    }
}
