namespace Inference.Formats;

/// <summary>Conversion of metadata arrays between element types.</summary>
internal static class GgufArrays
{
    /// <summary>The value as 32-bit integers, or null where one of its elements is none.</summary>
    public static int[]? ToInt32(GgufValue value)
    {
        // Asked by element type: to the runtime, an object that is uint[] is also int[].
        if (!value.IsArray)
            return value.TryGetInt64(out long single) && single is >= int.MinValue and <= int.MaxValue ? [(int)single] : null;
        return value.ElementType switch
        {
            GgufValueType.UInt8 => Array.ConvertAll((byte[])value.Raw, e => (int)e),
            GgufValueType.Int8 => Array.ConvertAll((sbyte[])value.Raw, e => (int)e),
            GgufValueType.UInt16 => Array.ConvertAll((ushort[])value.Raw, e => (int)e),
            GgufValueType.Int16 => Array.ConvertAll((short[])value.Raw, e => (int)e),
            GgufValueType.Int32 => [.. (int[])value.Raw],
            GgufValueType.UInt32 => Narrow((uint[])value.Raw, e => e <= int.MaxValue, e => (int)e),
            GgufValueType.UInt64 => Narrow((ulong[])value.Raw, e => e <= int.MaxValue, e => (int)e),
            GgufValueType.Int64 => Narrow((long[])value.Raw, e => e is >= int.MinValue and <= int.MaxValue, e => (int)e),
            _ => null,
        };
    }

    /// <summary>The value as 32-bit floats, or null where it is not made of numbers.</summary>
    public static float[]? ToSingle(GgufValue value)
    {
        if (!value.IsArray)
            return value.TryGetDouble(out double single) ? [(float)single] : null;
        return value.ElementType switch
        {
            GgufValueType.Float32 => [.. (float[])value.Raw],
            GgufValueType.Float64 => Array.ConvertAll((double[])value.Raw, e => (float)e),
            _ => ToInt32(value) is { } integers ? Array.ConvertAll(integers, e => (float)e) : null,
        };
    }

    private static int[]? Narrow<T>(T[] values, Predicate<T> fits, Converter<T, int> convert) =>
        Array.TrueForAll(values, fits) ? Array.ConvertAll(values, convert) : null;
}
