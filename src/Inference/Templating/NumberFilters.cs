using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace Inference.Templating;

/// <summary>Filters that make numbers.</summary>
internal static class NumberFilters
{
    private static readonly SearchValues<char> _floatCharacters = SearchValues.Create("0123456789+-.eE_");

    public static object? Abs(RenderState state, object? input, Arguments arguments)
    {
        arguments.RequireNone(state, "abs");
        return Numbers.Abs(Require(state, input, "abs"));
    }

    public static object? Integer(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "int", 0, "default", "base");
        switch (TemplateText.Plain(input))
        {
            case string text:
                return ParseInteger(state, text, bound.Integer(1, 10)) ?? (ParseFloat(text) is double parsed ? Numbers.Truncate(parsed) : null) ?? bound.Value(0, 0L);
            case double number:
                return Numbers.Truncate(number) ?? bound.Value(0, 0L);
            case Undefined undefined:
                throw state.Fail(undefined.Detail);
            default:
                return Numbers.IsNumber(input) ? Numbers.Widen(input!) : bound.Value(0, 0L);
        }
    }

    public static object? Float(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "float", 0, "default");
        return TemplateText.Plain(input) switch
        {
            string text => ParseFloat(text) ?? bound.Value(0, 0.0),
            Undefined undefined => throw state.Fail(undefined.Detail),
            _ => Numbers.IsNumber(input) ? Numbers.ToDouble(input!) : bound.Value(0, 0.0),
        };
    }

    public static object? Round(RenderState state, object? input, Arguments arguments)
    {
        BoundArguments bound = arguments.Bind(state, "round", 0, "precision", "method");
        object number = Require(state, input, "round");
        int precision = Math.Clamp(bound.Integer(0), -308, 308);
        string method = bound.TextOrNull(1) ?? "common";
        if (method is not ("common" or "ceil" or "floor"))
            throw state.Fail("round knows the methods common, ceil and floor");
        if (method == "common")
            return number is double real ? RoundReal(real, precision) : RoundInteger(Numbers.ToBig(number), precision);
        double scale = Math.Pow(10, precision);
        double scaled = Numbers.ToDouble(number) * scale;
        return (method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / scale;
    }

    private static object Require(RenderState state, object? input, string filter) =>
        Numbers.IsNumber(input) ? input! : throw state.Fail(input is Undefined undefined ? undefined.Detail : $"{filter} expects a number, not '{TypeNames.Of(input)}'");

    private static double RoundReal(double value, int precision)
    {
        if (!double.IsFinite(value))
            return value;
        if (precision <= 0)
        {
            double unit = Math.Pow(10, -precision);
            return Math.Round(value / unit, MidpointRounding.ToEven) * unit;
        }
        double scaled = value * Math.Pow(10, precision);
        // A product that is exact may lie half-way, which formatting would round up; any other is rounded by its true digits.
        if (Math.Abs(scaled) < 1L << 52 && Math.FusedMultiplyAdd(value, Math.Pow(10, precision), -scaled) == 0)
            return Math.Round(scaled, MidpointRounding.ToEven) / Math.Pow(10, precision);
        string digits = value.ToString("F" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return double.Parse(digits, CultureInfo.InvariantCulture);
    }

    private static object RoundInteger(BigInteger value, int precision)
    {
        if (precision >= 0)
            return Numbers.Normalize(value);
        BigInteger unit = BigInteger.Pow(10, -precision);
        BigInteger twice = BigInteger.DivRem(BigInteger.Abs(value) * 2, unit * 2, out BigInteger rest);
        bool up = rest > unit || (rest == unit && !twice.IsEven);
        return Numbers.Normalize((up ? twice + 1 : twice) * unit * value.Sign);
    }

    private static object? ParseInteger(RenderState state, string text, int radix)
    {
        ReadOnlySpan<char> digits = PythonText.Strip(text, null, true, true);
        bool negative = digits.StartsWith("-");
        digits = negative || digits.StartsWith("+") ? digits[1..] : digits;
        int prefixed = digits.Length > 2 && digits[0] == '0' ? (digits[1] | 0x20) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (radix is < 0 or 1 or > 36)
            return null;
        if (prefixed != 0 && radix is 0 || prefixed == radix && radix != 0)
        {
            radix = prefixed;
            digits = digits[2..];
            digits = digits.StartsWith("_") ? digits[1..] : digits;
        }
        radix = radix == 0 ? 10 : radix;
        if (digits.IsEmpty || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal))
            return null;
        BigInteger value = BigInteger.Zero;
        if (digits.Length > TemplateLimits.IntegerBits)
            throw state.Fail("a text is too long to be read as an integer");
        foreach (char c in digits)
        {
            int digit = c == '_' ? -1 : char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? (c | 0x20) - 'a' + 10 : 36;
            if (digit >= radix)
                return null;
            value = digit < 0 ? value : value * radix + digit;
        }
        return Numbers.Checked(state, negative ? -value : value);
    }

    private static double? ParseFloat(string text)
    {
        string digits = PythonText.Strip(text, null, true, true);
        switch (digits.TrimStart('+', '-').ToUpperInvariant())
        {
            case "INF" or "INFINITY": return digits[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            case "NAN": return double.NaN;
        }
        if (digits.AsSpan().IndexOfAnyExcept(_floatCharacters) >= 0 || digits.StartsWith('_') || digits.EndsWith('_'))
            return null;
        digits = digits.Replace("_", "", StringComparison.Ordinal);
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(digits, Style, CultureInfo.InvariantCulture, out double value) ? value : null;
    }
}
