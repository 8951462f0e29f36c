using System.Text;

namespace Inference.Templating;

/// <summary>Filters that make texts of texts; other values are printed first.</summary>
internal static class TextFilters
{
    public static Filter Change(string name, Func<string, string> change) => (state, input, arguments) =>
    {
        arguments.RequireNone(state, name);
        object text = ValueText.Show(state, input);
        string plain = TemplateText.Characters(text);
        state.Allocate(plain.Length);
        return TemplateText.Changed(text, change(plain));
    };

    public static object? Text(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "string");
        object text = ValueText.Show(state, input);
        state.Allocate(TemplateText.Characters(text).Length);
        return text;
    }

    /// <summary>Upper case after white space, dashes and opening brackets, lower case elsewhere.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        bool atStart = true;
        foreach (string element in PythonText.Elements(text))
        {
            result.Append(atStart ? PythonText.Upper(element) : PythonText.Lower(element));
            atStart = Characters.IsSpace(element[0]) || element is "-" or "(" or "{" or "[" or "<";
        }
        return result.ToString();
    }

    public static object? Center(RenderState state, object? input, Arguments arguments)
    {
        int width = arguments.Bind(state, "center", 0, "width").Integer(0, 80);
        return StringMethods.Bind(ValueText.Show(state, input), "center")!.Call(state, new Arguments([(long)width], []));
    }

    public static object? Escape(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "escape");
        return HtmlText.Escape(state, input);
    }

    /// <summary>Marks the value's text as safe.</summary>
    public static object? Safe(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "safe");
        return TemplateText.Safe(ValueText.Show(state, input));
    }

    public static object? Format(RenderState state, object? input, Arguments arguments)
    {
        if (arguments.Positional.Count > 0 && arguments.Named.Count > 0)
            throw state.Fail("format takes either positional or named arguments");
        object? format = input is TemplateText ? input : ValueText.Show(state, input);
        if (arguments.Named.Count == 0)
            return Operators.Apply(state, "%", format, new TupleValue([.. arguments.Positional]));
        var map = new MapValue(state);
        foreach ((string name, object? value) in arguments.Named)
            map.Set(name, value);
        return Operators.Apply(state, "%", format, map);
    }

    public static object? Indent(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "indent", 0, "width", "first", "blank");
        if (input is not (string or TemplateText))
            throw state.Fail(input is Undefined undefined ? undefined.Detail : $"indent expects a string, not '{TypeNames.Of(input)}'");
        object indent = TemplateText.IsText(bound.Value(0)) ? TemplateText.Unsafe(bound.Value(0))! : Spaces(state, bound.Integer(0, 4));
        bool blank = bound.Flag(2);
        var result = new TextBuilder();
        List<object?> lines = StringSplitting.Lines(state, new TextBuilder().Append(input).Append("\n").Build());
        for (int i = 0; i < lines.Count; i++)
        {
            object line = lines[i]!;
            int length = TemplateText.Characters(line).Length;
            bool indented = i == 0 ? bound.Flag(1) : blank || length > 0;
            state.Allocate(length + (indented ? TemplateText.Characters(indent).Length : 0));
            result.Append(i == 0 ? "" : "\n").Append(indented ? indent : "").Append(line);
        }
        return result.Build();
    }

    public static object? Replace(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "replace", 2, "old", "new", "count");
        return StringSearch.Replace(
            state, ValueText.Show(state, input), ValueText.Of(state, bound.Value(0)), ValueText.Show(state, bound.Value(1)), bound.Integer(2, -1));
    }

    public static object? Trim(RenderState state, object? input, Arguments arguments)
    {
        string? characters = arguments.Bind(state, "trim", 0, "chars").TextOrNull(0);
        object text = ValueText.Show(state, input);
        string plain = TemplateText.Characters(text);
        state.Search(plain.Length, characters?.Length ?? 0);
        state.Allocate(plain.Length);
        (int start, int end) = PythonText.StripPlaces(plain, characters, atStart: true, atEnd: true);
        return TemplateText.Slice(text, start, end);
    }

    public static object? Truncate(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "truncate", 0, "length", "killwords", "end", "leeway");
        object end = bound.TextOrNull(2) is null ? "..." : bound.Spelled(2);
        int length = bound.Integer(0, 255);
        int leeway = bound.IntegerOrNull(3) ?? 5;
        int kept = length - PythonText.Length(TemplateText.Characters(end));
        if (kept < 0 || leeway < 0)
            throw state.Fail("truncate leaves no room for what it appends");
        // What is short enough may be anything with a length.
        if (Sequences.Count(state, input) <= (long)length + leeway)
            return input;
        if (TemplateText.Plain(input) is not string text)
            throw state.Fail($"truncate expects a string, not '{TypeNames.Of(input)}'");
        string result = text[..PythonText.Offset(text, kept)];
        int word = bound.Flag(1) ? -1 : result.LastIndexOf(' ');
        return new TextBuilder().Append(input!, 0, word < 0 ? result.Length : word).Append(end).Build();
    }

    public static object? UrlEncode(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "urlencode");
        if (TemplateText.IsText(input) || !Sequences.IsIterable(input))
            return Quote(ValueText.Of(state, input), "/");
        IEnumerable<object?> pairs = input is MapValue map ? new MapView(map, "dict_items").Items : Sequences.Walk(state, input);
        var parts = new List<string>();
        foreach (object? pair in pairs)
        {
            if (!Sequences.IsIterable(pair) || Sequences.ToList(state, pair) is not [var key, var value])
                throw state.Fail("urlencode expects pairs");
            parts.Add(QuoteField(state, key) + "=" + QuoteField(state, value));
            state.Allocate(parts[^1].Length);
        }
        return string.Join('&', parts);
    }

    public static object? WordCount(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "wordcount");
        long count = 0;
        bool inWord = false;
        foreach (char c in ValueText.Of(state, input))
        {
            count += Characters.IsNamePart(c) && !inWord ? 1 : 0;
            inWord = Characters.IsNamePart(c);
        }
        return count;
    }

    private static string Spaces(RenderState state, int count)
    {
        state.Allocate(Math.Max(0, count));
        return new string(' ', Math.Max(0, count));
    }

    private static string QuoteField(RenderState state, object? value) =>
        Quote(ValueText.Of(state, value), "").Replace("%20", "+", StringComparison.Ordinal);

    private static string Quote(string text, string safe)
    {
        var result = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            char c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || "_.-~".Contains(c, StringComparison.Ordinal) || safe.Contains(c, StringComparison.Ordinal))
                result.Append(c);
            else
                result.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }
        return result.ToString();
    }
}
