using System.Globalization;
using System.Numerics;
using System.Text;

namespace Inference.Templating;

/// <summary>Values as text: as printed (<c>str</c>) and as written inside lists and maps (<c>repr</c>).</summary>
internal static class ValueText
{
    /// <summary>As <see cref="Of"/>, a text with what is known of it; it is not safe.</summary>
    public static object Show(RenderState state, object? value) => value is TemplateText ? TemplateText.Unsafe(value)! : Of(state, value);

    public static string Of(RenderState state, object? value)
    {
        switch (value)
        {
            case string plain: return plain;
            case TemplateText text: return text.Text;
            case long number: return number.ToString(CultureInfo.InvariantCulture);
            case Undefined: return "";
        }
        return Repr(state, value);
    }

    public static string Repr(RenderState state, object? value)
    {
        var text = new StringBuilder();
        Write(state, text, value, 0);
        state.Allocate(text.Length);
        return text.ToString();
    }

    private static void Write(RenderState state, StringBuilder text, object? value, int depth)
    {
        state.Step();
        state.GuardDepth(depth);
        if (text.Length > TemplateLimits.OutputLength)
            throw state.Fail($"a value's text has more than {TemplateLimits.OutputLength} characters");
        switch (value)
        {
            case null: text.Append("None"); break;
            case bool flag: text.Append(flag ? "True" : "False"); break;
            case string plain: WriteString(state, text, plain); break;
            case TemplateText { IsSafe: false } part: WriteString(state, text, part.Text); break;
            case TemplateText safe:
                text.Append("Markup(");
                WriteString(state, text, safe.Text);
                text.Append(')');
                break;
            case double number: text.Append(FloatText.Of(number)); break;
            case long or BigInteger: text.Append(CultureInfo.InvariantCulture, $"{value}"); break;
            case List<object?> list:
                text.Append('[');
                WriteItems(state, text, list, depth);
                text.Append(']');
                break;
            case TupleValue tuple:
                text.Append('(');
                WriteItems(state, text, tuple.Items, depth);
                text.Append(tuple.Items.Length == 1 ? ",)" : ")");
                break;
            case MapValue map: WriteMap(state, text, map, depth); break;
            case MapView view:
                text.Append(view.Kind).Append("([");
                WriteItems(state, text, view.Items, depth);
                text.Append("])");
                break;
            case NamespaceValue names:
                text.Append("<Namespace ");
                WriteMap(state, text, names.Attributes, depth);
                text.Append('>');
                break;
            case LoopValue loop: text.Append(loop.Describe(state)); break;
            default: text.Append(value); break;
        }
    }

    private static void WriteItems(RenderState state, StringBuilder text, IEnumerable<object?> items, int depth)
    {
        bool first = true;
        foreach (object? item in items)
        {
            text.Append(first ? "" : ", ");
            Write(state, text, item, depth + 1);
            first = false;
        }
    }

    private static void WriteMap(RenderState state, StringBuilder text, MapValue map, int depth)
    {
        bool first = true;
        text.Append('{');
        foreach ((object? key, object? value) in map.Entries)
        {
            text.Append(first ? "" : ", ");
            Write(state, text, key, depth + 1);
            text.Append(": ");
            Write(state, text, value, depth + 1);
            first = false;
        }
        text.Append('}');
    }

    private static void WriteString(RenderState state, StringBuilder text, string value)
    {
        state.Work(value.Length);
        char quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        foreach (string element in PythonText.Elements(value))
        {
            char c = element[0];
            if (c == quote || c == '\\')
                text.Append('\\').Append(c);
            else if (c is >= ' ' and < '\u007f')
                text.Append(c);
            else
                WriteUnusual(text, element);
        }
        text.Append(quote);
    }

    private static void WriteUnusual(StringBuilder text, string element)
    {
        char c = element[0];
        bool printable = PythonText.Category(element) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
        if (printable)
            text.Append(element);
        else if (c is '\n' or '\r' or '\t')
            text.Append('\\').Append(c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (element.Length == 2)
            text.Append(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(element, 0):x8}");
        else
            text.Append(c <= 0xff ? "\\x" : "\\u").Append(((int)c).ToString(c <= 0xff ? "x2" : "x4", CultureInfo.InvariantCulture));
    }
}
