using System.Text;

namespace Inference.Templating;

/// <summary>
/// Text marked by the filter <c>safe</c>. Chat templates print without escaping, yet text joined to a safe one by <c>+</c>
/// is escaped as HTML: so it is in the Jinja that models were trained with, and their templates show it.
/// </summary>
internal sealed record SafeText(string Text)
{
    /// <summary>The value, or its text where it is a safe one: most operations treat the two alike.</summary>
    public static object? Plain(object? value) => value is SafeText safe ? safe.Text : value;

    /// <summary>The value's text with HTML's special characters escaped; safe text stays as it is.</summary>
    public static SafeText Escape(RenderState state, object? value)
    {
        if (value is SafeText safe)
            return safe;
        string text = ValueText.Of(state, value);
        if (text.AsSpan().IndexOfAny("&<>'\"") < 0)
            return new SafeText(text);
        var escaped = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '\'' => escaped.Append("&#39;"),
                '"' => escaped.Append("&#34;"),
                _ => escaped.Append(c),
            };
        }
        state.Allocate(escaped.Length);
        return new SafeText(escaped.ToString());
    }

    /// <summary>The value with the texts in it made safe: what a method of safe text returns.</summary>
    public static object? Wrap(object? value) => value switch
    {
        string text => new SafeText(text),
        List<object?> list => list.ConvertAll(Wrap),
        TupleValue tuple => new TupleValue(Array.ConvertAll(tuple.Items, Wrap)),
        _ => value,
    };

    /// <summary>A method of this text: it escapes what it inserts and returns safe text.</summary>
    public NativeFunction? Bind(string name)
    {
        NativeFunction? method = StringMethods.Bind(Text, name);
        return method is null ? null : new NativeFunction(name, (state, arguments) => Wrap(method.Call(state, EscapeInserted(state, name, arguments))));
    }

    private static Arguments EscapeInserted(RenderState state, string name, Arguments arguments)
    {
        switch (name)
        {
            case "replace" when arguments.Positional.Count > 1:
                return new Arguments([arguments.Positional[0], Escape(state, arguments.Positional[1]), .. arguments.Positional.Skip(2)], arguments.Named);
            case "join" when arguments.Positional.Count == 1:
                return new Arguments([Sequences.ToList(state, arguments.Positional[0]).ConvertAll(item => (object?)Escape(state, item))], arguments.Named);
            case "format":
                return new Arguments(
                    [.. arguments.Positional.Select(item => Escape(state, item))],
                    [.. arguments.Named.Select(pair => new KeyValuePair<string, object?>(pair.Key, Escape(state, pair.Value)))]);
            default:
                return arguments;
        }
    }
}
