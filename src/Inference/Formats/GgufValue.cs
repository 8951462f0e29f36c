using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Inference.Formats;

/// <summary>One metadata value of a GGUF file: a number, a boolean, text, or an array of one of these.</summary>
/// <remarks>Instances are immutable and safe to share between threads; they do not depend on the file they came from.</remarks>
public sealed class GgufValue
{
    // The boxed number or boolean; byte[] for text; T[] for arrays of numbers and booleans; GgufStrings for arrays of text.
    private readonly object _value;

    internal GgufValue(GgufValueType type, GgufValueType elementType, object value, long offset = -1)
    {
        Type = type;
        ElementType = elementType;
        Offset = offset;
        _value = value;
    }

    /// <summary>The type.</summary>
    public GgufValueType Type { get; }

    /// <summary>The type of the elements of an array; <see cref="Type"/> for anything else.</summary>
    public GgufValueType ElementType { get; }

    /// <summary>Whether this is an array.</summary>
    public bool IsArray => Type == GgufValueType.Array;

    /// <summary>Number of elements of an array, 1 for anything else.</summary>
    public int Count => !IsArray ? 1 : _value is GgufStrings strings ? strings.Count : ((Array)_value).Length;

    /// <summary>Byte offset of the value in the file it was read from, or -1.</summary>
    public long Offset { get; }

    /// <summary>Wraps a value to be written.</summary>
    /// <param name="value">
    /// An integer of 8 to 64 bits, <see cref="float"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="string"/>, an array of one
    /// of these (which is copied), or <see cref="GgufStrings"/>.
    /// </param>
    /// <exception cref="ArgumentException">The value has another type.</exception>
    public static GgufValue From(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value switch
        {
            GgufStrings strings => new(GgufValueType.Array, GgufValueType.String, strings),
            string[] strings => new(GgufValueType.Array, GgufValueType.String, new GgufStrings(strings)),
            string text => new(GgufValueType.String, GgufValueType.String, Encoding.UTF8.GetBytes(text)),
            Array { Rank: 1 } array when TypeOf(array.GetType().GetElementType()!) is { } element =>
                new(GgufValueType.Array, element, array.Clone()),
            _ when TypeOf(value.GetType()) is { } type => new(type, type, value),
            _ => throw new ArgumentException($"A GGUF file cannot hold a {value.GetType()}.", nameof(value)),
        };
    }

    /// <summary>The value as an integer, if it is one that fits.</summary>
    /// <param name="result">The integer.</param>
    /// <returns>Whether the value is an integer of -2^63 to 2^63 - 1.</returns>
    public bool TryGetInt64(out long result)
    {
        (bool isInteger, result) = _value switch
        {
            byte v => (true, v),
            sbyte v => (true, v),
            ushort v => (true, v),
            short v => (true, v),
            uint v => (true, v),
            int v => (true, v),
            long v => (true, v),
            ulong v when v <= long.MaxValue => (true, (long)v),
            _ => (false, 0L),
        };
        return isInteger;
    }

    /// <summary>The value as a 64-bit float, if it is any number. Integers beyond 2^53 are rounded.</summary>
    /// <param name="result">The number.</param>
    /// <returns>Whether the value is a number.</returns>
    public bool TryGetDouble(out double result)
    {
        (bool isNumber, result) = _value switch
        {
            float v => (true, v),
            double v => (true, v),
            ulong v => (true, v),
            _ => (TryGetInt64(out long v), v),
        };
        return isNumber;
    }

    /// <summary>The value as a boolean, if it is one.</summary>
    /// <param name="result">The boolean.</param>
    /// <returns>Whether the value is a boolean.</returns>
    public bool TryGetBoolean(out bool result)
    {
        result = _value is true;
        return _value is bool;
    }

    /// <summary>The value as text, if it is text. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="result">The text.</param>
    /// <returns>Whether the value is text.</returns>
    public bool TryGetString([NotNullWhen(true)] out string? result)
    {
        result = Type == GgufValueType.String ? Encoding.UTF8.GetString((byte[])_value) : null;
        return result is not null;
    }

    /// <summary>The array of text, if the value is one.</summary>
    /// <param name="result">The strings.</param>
    /// <returns>Whether the value is an array of text.</returns>
    public bool TryGetStrings([NotNullWhen(true)] out GgufStrings? result)
    {
        result = _value as GgufStrings;
        return result is not null;
    }

    /// <summary>The elements of an array of numbers or booleans, if they have exactly this type.</summary>
    /// <typeparam name="T">The .NET type of <see cref="ElementType"/>: <see cref="sbyte"/> for Int8, and so on.</typeparam>
    /// <param name="result">The elements.</param>
    /// <returns>Whether the value is an array of <typeparamref name="T"/>.</returns>
    public bool TryGetArray<T>(out ReadOnlySpan<T> result)
        where T : unmanaged
    {
        bool matches = IsArray && ElementType == TypeOf(typeof(T));
        result = matches ? (T[])_value : default;
        return matches;
    }

    /// <summary>The value for people: text as it is, numbers in the invariant culture, long arrays cut.</summary>
    public override string ToString()
    {
        const int Shown = 8;
        if (TryGetString(out string? text))
            return text;
        if (!IsArray)
            return Convert.ToString(_value, CultureInfo.InvariantCulture)!;

        IEnumerable<object> elements = _value is GgufStrings strings ? strings : ((Array)_value).Cast<object>();
        string list = string.Join(", ", elements.Take(Shown).Select(e => Convert.ToString(e, CultureInfo.InvariantCulture)));
        return Count > Shown ? $"[{list}, ... {Count} in all]" : $"[{list}]";
    }

    /// <summary>The value as it is written: see <c>_value</c>.</summary>
    internal object Raw => _value;

    internal static GgufValueType? TypeOf(Type type) => System.Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => null,
        TypeCode.Byte => GgufValueType.UInt8,
        TypeCode.SByte => GgufValueType.Int8,
        TypeCode.UInt16 => GgufValueType.UInt16,
        TypeCode.Int16 => GgufValueType.Int16,
        TypeCode.UInt32 => GgufValueType.UInt32,
        TypeCode.Int32 => GgufValueType.Int32,
        TypeCode.UInt64 => GgufValueType.UInt64,
        TypeCode.Int64 => GgufValueType.Int64,
        TypeCode.Single => GgufValueType.Float32,
        TypeCode.Double => GgufValueType.Float64,
        TypeCode.Boolean => GgufValueType.Bool,
        _ => null,
    };
}
