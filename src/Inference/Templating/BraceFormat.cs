using System.Globalization;

namespace Inference.Templating;

/// <summary>The method <c>format</c> of strings, without format specifications.</summary>
internal static class BraceFormat
{
    public static object? Format(RenderState state, object formatText, Arguments arguments)
    {
        string format = TemplateText.Characters(formatText);
        var text = new TextBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                text.Append(formatText, i, i + 1);
                i++;
            }
            else if (c == '}')
                throw state.Fail("format() finds a '}' without its '{'");
            else if (c != '{')
            {
                int length = format.AsSpan(i).IndexOfAny('{', '}');
                int end = length < 0 ? format.Length : i + length;
                text.Append(formatText, i, end);
                i = end - 1;
            }
            else
            {
                int close = format.IndexOf('}', i);
                if (close < 0)
                    throw state.Fail("format() finds a '{' without its '}'");
                object value = ValueText.Show(state, Argument(state, format[(i + 1)..close], arguments, ref next));
                state.Allocate(TemplateText.Characters(value).Length);
                text.Append(value);
                i = close;
            }
        }
        return text.Build();
    }

    private static object? Argument(RenderState state, string field, Arguments arguments, ref int next)
    {
        if (field.Length == 0)
            field = (next++).ToString(CultureInfo.InvariantCulture);
        if (int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            return index < arguments.Positional.Count ? arguments.Positional[index] : throw state.Fail($"format() has no argument {index}");
        state.Work(arguments.Named.Count);
        foreach ((string name, object? value) in arguments.Named)
        {
            if (name == field)
                return value;
        }
        throw state.Fail("format() finds a field that is neither an argument's number nor its name");
    }
}
