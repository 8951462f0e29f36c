using System.Globalization;
using System.Numerics;
using System.Text;

namespace Inference.Templating;

/// <summary>Values as JSON, spaced and escaped as Python's <c>json.dumps</c> does: models were trained on that.</summary>
internal sealed class JsonText
{
    private readonly RenderState _state;
    private readonly StringBuilder _text = new();
    private readonly bool _onlyAscii;
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly bool _sortKeys;

    private JsonText(RenderState state, BoundArguments options)
    {
        _state = state;
        _onlyAscii = options.Flag(0);
        _indent = TemplateText.Plain(options.Value(1)) is string text ? text : options.IntegerOrNull(1) is int width ? new string(' ', Math.Clamp(width, 0, 1000)) : null;
        (_itemSeparator, _keySeparator) = Separators(state, options.Value(2));
        _itemSeparator = options.Value(2) is null && _indent is not null ? "," : _itemSeparator;
        _sortKeys = options.Flag(3);
    }

    /// <summary>The filter <c>tojson</c> with the parameters that chat templates may give it.</summary>
    public static object? Filter(RenderState state, object? value, Arguments arguments)
    {
        var writer = new JsonText(state, arguments.Bind(state, "tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys"));
        writer.Write(value, 0);
        return writer._text.ToString();
    }

    private static (string Item, string Key) Separators(RenderState state, object? value)
    {
        if (value is null)
            return (", ", ": ");
        return Sequences.IsIterable(value) && Sequences.ToList(state, value).ConvertAll(TemplateText.Plain) is [string item, string key]
            ? (item, key)
            : throw state.Fail("tojson() expects two strings as separators");
    }

    private void Write(object? value, int depth)
    {
        _state.Step();
        _state.GuardDepth(depth);
        switch (TemplateText.Plain(value))
        {
            case null: Append("null"); break;
            case bool flag: Append(flag ? "true" : "false"); break;
            case long or BigInteger: Append(string.Create(CultureInfo.InvariantCulture, $"{value}")); break;
            case double number: Append(Number(number)); break;
            case string text: WriteString(text); break;
            case List<object?> list: WriteItems('[', list, item => Write(item, depth + 1), ']', depth); break;
            case TupleValue tuple: WriteItems('[', tuple.Items, item => Write(item, depth + 1), ']', depth); break;
            case MapValue map: WriteItems('{', Entries(map), entry => WriteEntry(entry, depth + 1), '}', depth); break;
            default: throw _state.Fail($"a value of type '{TypeNames.Of(value)}' cannot be written as JSON");
        }
    }

    private void Append(string text)
    {
        _state.Allocate(text.Length);
        _text.Append(text);
    }

    private void WriteItems<T>(char open, IEnumerable<T> items, Action<T> write, char close, int depth)
    {
        _text.Append(open);
        bool any = false;
        foreach (T item in items)
        {
            if (any)
                Append(_itemSeparator);
            WriteLine(depth + 1);
            write(item);
            any = true;
        }
        if (any)
            WriteLine(depth);
        _text.Append(close);
    }

    private void WriteLine(int depth)
    {
        if (_indent is null)
            return;
        _state.Allocate(1 + (long)_indent.Length * depth);
        _text.Append('\n').Insert(_text.Length, _indent, depth);
    }

    private IEnumerable<KeyValuePair<object?, object?>> Entries(MapValue map) => !_sortKeys
        ? map.Entries
        : Sorting.Sort(_state, [.. map.Entries], (left, right) => Comparison.Order(_state, "<", left.Key, right.Key));

    private void WriteEntry(KeyValuePair<object?, object?> entry, int depth)
    {
        WriteString(TemplateText.Plain(entry.Key) switch
        {
            string text => text,
            null => "null",
            bool flag => flag ? "true" : "false",
            double number => Number(number),
            long or BigInteger => ValueText.Of(_state, entry.Key),
            _ => throw _state.Fail($"a key of type '{TypeNames.Of(entry.Key)}' cannot be written as JSON"),
        });
        Append(_keySeparator);
        Write(entry.Value, depth);
    }

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? (value > 0 ? "Infinity" : "-Infinity") : FloatText.Of(value);

    private void WriteString(string text)
    {
        _state.Allocate(text.Length + 2L);
        _text.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\': _text.Append('\\').Append(c); break;
                case '\n': _text.Append("\\n"); break;
                case '\r': _text.Append("\\r"); break;
                case '\t': _text.Append("\\t"); break;
                case '\b': _text.Append("\\b"); break;
                case '\f': _text.Append("\\f"); break;
                default:
                    if (c < ' ' || (_onlyAscii && c > '~'))
                        _text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    else
                        _text.Append(c);
                    break;
            }
        }
        _text.Append('"');
    }
}
