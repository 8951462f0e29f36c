using System.Globalization;
using System.Numerics;
using System.Text;

namespace Inference.Templating;

/// <summary>The operator <c>%</c> of strings and the filter <c>format</c>: printf's directives, as Python has them.</summary>
internal static class PercentFormat
{
    private const int MaxWidth = 10_000;

    public static object Format(RenderState state, object formatText, object? values)
    {
        string format = TemplateText.Characters(formatText);
        state.Work(format.Length);
        object?[] items = values is TupleValue tuple ? tuple.Items : [values];
        var text = new TextBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                int end = format.IndexOf('%', i);
                end = end < 0 ? format.Length : end;
                text.Append(formatText, i, end);
                i = end - 1;
                continue;
            }
            var directive = new Directive(state, format, ref i);
            if (directive.Kind == '%')
            {
                text.Append(formatText, i, i + 1);
                continue;
            }
            object? value = directive.Name is string name ? Named(state, values, name) : Next(state, items, ref next, ref directive);
            object part = directive.Apply(state, value);
            state.Allocate(TemplateText.Characters(part).Length);
            text.Append(part);
        }
        if (next < items.Length && values is not (MapValue or List<object?>))
            throw state.Fail("a format leaves arguments over");
        return text.Build();
    }

    private static object? Named(RenderState state, object? values, string name) =>
        values is MapValue map && map.TryGet(name, out object? value) ? value : throw state.Fail($"a format finds no argument '{name}'");

    private static object? Next(RenderState state, object?[] items, ref int next, ref Directive directive)
    {
        if (directive.StarWidth)
            directive = directive.WithWidth(Take(state, items, ref next) is long width && Math.Abs(width) <= MaxWidth ? (int)width : throw state.Fail("a format's width is not usable"));
        return Take(state, items, ref next);
    }

    private static object? Take(RenderState state, object?[] items, ref int next) =>
        next < items.Length ? items[next++] : throw state.Fail("a format has too few arguments");

    /// <summary>One directive: <c>%(name)flags width .precision kind</c>.</summary>
    private readonly struct Directive
    {
        private readonly string _flags;
        private readonly int _width;
        private readonly int? _precision;

        public Directive(RenderState state, string format, ref int i)
        {
            i++;
            if (i < format.Length && format[i] == '(')
            {
                int close = format.IndexOf(')', i);
                if (close < 0)
                    throw state.Fail("a format has a '(' without its ')'");
                Name = format[(i + 1)..close];
                i = close + 1;
            }
            int start = i;
            while (i < format.Length && "-+ #0".Contains(format[i], StringComparison.Ordinal))
                i++;
            _flags = format[start..i];
            StarWidth = i < format.Length && format[i] == '*';
            _width = StarWidth ? 0 : Number(state, format, ref i);
            i += StarWidth ? 1 : 0;
            if (i < format.Length && format[i] == '.')
            {
                i++;
                _precision = Number(state, format, ref i);
            }
            Kind = i < format.Length ? format[i] : throw state.Fail("a format ends within a directive");
        }

        private Directive(Directive other, int width)
        {
            this = other;
            _flags = width < 0 ? _flags + "-" : _flags;
            _width = Math.Abs(width);
        }

        public string? Name { get; }

        public bool StarWidth { get; }

        public char Kind { get; }

        public Directive WithWidth(int width) => new(this, width);

        public object Apply(RenderState state, object? value)
        {
            if (value is Undefined undefined && Kind is not ('s' or 'r'))
                throw state.Fail(undefined.Detail);
            switch (Kind)
            {
                case 's' when _width == 0 && _precision is null:
                    return ValueText.Show(state, value);
                case 's' or 'r' or 'a':
                    string text = Kind == 's' ? ValueText.Of(state, value) : ValueText.Repr(state, value);
                    return Pad(_precision is int most && most < PythonText.Length(text) ? text[..PythonText.Offset(text, most)] : text, false);
                case 'c':
                    return Pad(value is long code and >= 0 and <= 0x10ffff ? CodePoint((int)code) : TemplateText.Plain(value) as string ?? throw Mismatch(state, value), false);
                case 'd' or 'i' or 'u':
                    object? whole = value is double number ? Numbers.Truncate(number) : value;
                    return Numbers.IsInteger(whole) ? Integer(Numbers.ToBig(whole!), "", 10) : throw Mismatch(state, value);
                case 'x' or 'X' or 'o':
                    return Numbers.IsInteger(value) ? Integer(Numbers.ToBig(value!), Kind == 'o' ? "0o" : $"0{Kind}", Kind == 'o' ? 8 : 16) : throw Mismatch(state, value);
                case 'f' or 'F' or 'e' or 'E' or 'g' or 'G':
                    return Numbers.IsNumber(value) ? Real(Numbers.ToDouble(value!)) : throw Mismatch(state, value);
                default:
                    throw state.Fail($"a format has the unknown directive '%{Kind}'");
            }
        }

        private static int Number(RenderState state, string format, ref int i)
        {
            int value = 0;
            for (; i < format.Length && char.IsAsciiDigit(format[i]); i++)
            {
                value = value * 10 + (format[i] - '0');
                if (value > MaxWidth)
                    throw state.Fail($"a format's width is more than {MaxWidth}");
            }
            return value;
        }

        private static string CodePoint(int code) => code is >= 0xd800 and <= 0xdfff ? ((char)code).ToString() : char.ConvertFromUtf32(code);

        private ChatTemplateException Mismatch(RenderState state, object? value) =>
            state.Fail($"'%{Kind}' does not go with '{TypeNames.Of(value)}'");

        private string Integer(BigInteger value, string prefix, int radix)
        {
            string digits = Digits(BigInteger.Abs(value), radix);
            digits = (Kind == 'X' ? digits.ToUpperInvariant() : digits).PadLeft(_precision ?? 0, '0');
            return Pad(Sign(value.Sign < 0) + (_flags.Contains('#', StringComparison.Ordinal) ? prefix : "") + digits, true);
        }

        private static string Digits(BigInteger value, int radix)
        {
            if (radix == 10 || value.IsZero)
                return value.ToString(CultureInfo.InvariantCulture);
            var digits = new StringBuilder();
            for (; !value.IsZero; value /= radix)
                digits.Insert(0, "0123456789abcdef"[(int)(value % radix)]);
            return digits.ToString();
        }

        private string Real(double value)
        {
            string digits = !double.IsFinite(value) ? FloatText.Of(Math.Abs(value)) : char.ToLowerInvariant(Kind) switch
            {
                'f' => Math.Abs(value).ToString($"F{_precision ?? 6}", CultureInfo.InvariantCulture),
                'e' => Exponent(Math.Abs(value), _precision ?? 6),
                _ => General(Math.Abs(value), Math.Max(1, _precision ?? 6)),
            };
            return Pad(Sign(value < 0 || double.IsNegative(value)) + (char.IsUpper(Kind) ? digits.ToUpperInvariant() : digits), true);
        }

        private static string Exponent(double value, int precision) =>
            value.ToString("0." + new string('0', precision) + "e+00", CultureInfo.InvariantCulture).Replace(".e", "e", StringComparison.Ordinal);

        private static string General(double value, int precision)
        {
            string scientific = Exponent(value, precision - 1);
            int power = int.Parse(scientific.AsSpan(scientific.IndexOf('e', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            if (power >= -4 && power < precision)
                return TrimZeros(value.ToString($"F{precision - 1 - power}", CultureInfo.InvariantCulture));
            int e = scientific.IndexOf('e', StringComparison.Ordinal);
            return TrimZeros(scientific[..e]) + scientific[e..];
        }

        private static string TrimZeros(string digits) =>
            digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits;

        private string Sign(bool negative) =>
            negative ? "-" : _flags.Contains('+', StringComparison.Ordinal) ? "+" : _flags.Contains(' ', StringComparison.Ordinal) ? " " : "";

        private string Pad(string text, bool isNumber)
        {
            int missing = _width - PythonText.Length(text);
            if (missing <= 0)
                return text;
            if (_flags.Contains('-', StringComparison.Ordinal))
                return text + new string(' ', missing);
            if (!isNumber || !_flags.Contains('0', StringComparison.Ordinal))
                return new string(' ', missing) + text;
            int sign = text.AsSpan().IndexOfAny("+- ") == 0 ? 1 : 0;
            return text[..sign] + new string('0', missing) + text[sign..];
        }
    }
}
