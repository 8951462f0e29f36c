namespace Inference.Formats;

/// <summary>What the header of a GGUF file says of one tensor.</summary>
/// <param name="Name">Unique, less than 64 bytes of UTF-8.</param>
/// <param name="Type">The encoding.</param>
/// <param name="Shape">Outermost dimension first; the file has them the other way round.</param>
/// <param name="Offset">Of the first byte, from the start of the data section.</param>
/// <param name="ByteLength">Without padding.</param>
internal sealed record GgufTensorEntry(string Name, TensorType Type, long[] Shape, long Offset, long ByteLength)
{
    public const int MaxNameBytes = 63;
    public const int MaxDimensions = 4;

    /// <summary>Bytes of a tensor.</summary>
    /// <returns>The length; null where <paramref name="problem"/> says what is wrong with the shape.</returns>
    public static long? LengthOf(TensorType type, ReadOnlySpan<long> shape, out string? problem)
    {
        problem = null;
        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0)
                problem = $"a dimension is {dimension}";
            empty |= dimension == 0;
        }

        long columns = shape.Length == 0 ? 1 : shape[^1];
        if (problem is null && columns % BlockFormat.BlockSize(type) != 0)
            problem = $"rows of {columns} elements are not a whole number of {type} blocks of {BlockFormat.BlockSize(type)}";
        if (problem is not null)
            return null;
        if (empty)
            return 0;

        try
        {
            long elements = 1;
            foreach (long dimension in shape)
                elements = checked(elements * dimension);
            return BlockFormat.ByteLength(type, elements);
        }
        catch (OverflowException)
        {
            problem = $"the shape [{string.Join(", ", shape.ToArray())}] is too large";
            return null;
        }
    }

    /// <summary>Rounds up to a multiple of a power of two.</summary>
    /// <exception cref="OverflowException">The result does not fit.</exception>
    public static long Align(long value, int alignment) => checked(value + alignment - 1) & -alignment;
}
