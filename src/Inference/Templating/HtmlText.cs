using System.Text;

namespace Inference.Templating;

/// <summary>Escapes texts as HTML, which happens where they meet a safe one, and binds the methods of safe texts.</summary>
internal static class HtmlText
{
    /// <summary>The value's text, safe, with HTML's special characters escaped; safe text stays as it is.</summary>
    public static TemplateText Escape(RenderState state, object? value)
    {
        if (value is TemplateText { IsSafe: true } safe)
            return safe;
        object text = ValueText.Show(state, value);
        string plain = TemplateText.Characters(text);
        if (plain.AsSpan().IndexOfAny("&<>'\"") < 0)
            return (TemplateText)TemplateText.Safe(text)!;
        var escaped = new StringBuilder(plain.Length);
        foreach (char c in plain)
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
        return (TemplateText)TemplateText.Safe(TemplateText.Changed(text, escaped.ToString()))!;
    }

    /// <summary>A method of safe text: it escapes what it inserts and returns safe text.</summary>
    public static NativeFunction? Bind(TemplateText text, string name)
    {
        NativeFunction? method = StringMethods.Bind(TemplateText.Unsafe(text)!, name);
        return method is null ? null : new NativeFunction(name, (state, arguments) => TemplateText.Safe(method.Call(state, EscapeInserted(state, name, arguments))));
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
