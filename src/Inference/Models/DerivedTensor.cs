using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.Models;

/// <summary>Tensors computed from stored ones when a checkpoint has another layout than the one that is computed with. They own their bytes.</summary>
internal static class DerivedTensor
{
    /// <summary>The matrix with rows and columns exchanged.</summary>
    public static StoredTensor Transpose(StoredTensor tensor)
    {
        if (tensor.Shape.Length != 2)
            throw Refuse(tensor, "a matrix is expected");
        return TransposeRows(tensor, [tensor.Columns, tensor.Rows], 0, tensor.Rows, 0, 1, tensor.Columns);
    }

    /// <summary>Some columns of some rows, as rows.</summary>
    /// <param name="tensor">Of single numbers.</param>
    /// <param name="shape">Shape of the result: [columns taken, rows taken].</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="firstColumn">First column.</param>
    /// <param name="step">From a column to the next.</param>
    /// <param name="columns">Columns taken.</param>
    public static StoredTensor TransposeRows(StoredTensor tensor, long[] shape, long firstRow, long rows, long firstColumn, long step, long columns)
    {
        int size = SizeOf(tensor);
        byte[] bytes = Allocate(tensor, rows * columns * size);
        for (long row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> source = tensor.Row(firstRow + row);
            for (long column = 0; column < columns; column++)
                source.Slice((int)((firstColumn + column * step) * size), size).CopyTo(bytes.AsSpan((int)((column * rows + row) * size)));
        }

        return Create(tensor.Name, tensor.Type, shape, bytes);
    }

    /// <summary>The tensor with its rows, or the elements of a vector, in another order.</summary>
    /// <param name="tensor">A matrix of any type, or a vector of single numbers.</param>
    /// <param name="parts">Runs of rows, in their new order; together as many as there are.</param>
    public static StoredTensor Gather(StoredTensor tensor, IReadOnlyList<(long First, long Count)> parts)
    {
        bool isVector = tensor.Shape.Length == 1;
        long rows = isVector ? tensor.Columns : tensor.Rows;
        if (parts.Sum(part => part.Count) != rows)
            throw Refuse(tensor, $"{parts.Sum(part => part.Count)} rows are expected");
        long stride = isVector ? SizeOf(tensor) : tensor.ByteLength / rows;
        byte[] bytes = Allocate(tensor, tensor.ByteLength);
        int end = 0;
        foreach ((long first, long count) in parts)
        {
            Bytes(tensor, first * stride, count * stride).CopyTo(bytes.AsSpan(end));
            end += (int)(count * stride);
        }

        return Create(tensor.Name, tensor.Type, tensor.Shape, bytes);
    }

    /// <summary>Some elements of a vector of single numbers.</summary>
    public static StoredTensor Gather(StoredTensor vector, int first, int count)
    {
        int size = SizeOf(vector);
        byte[] bytes = Allocate(vector, (long)count * size);
        Bytes(vector, (long)first * size, (long)count * size).CopyTo(bytes);
        return Create(vector.Name, vector.Type, [count], bytes);
    }

    /// <summary>A vector with 1 added to each element, in 32-bit floats.</summary>
    public static StoredTensor PlusOne(StoredTensor tensor)
    {
        if (tensor.Shape.Length != 1 || !BlockFormat.IsComputable(tensor.Type))
            throw Refuse(tensor, "a vector of numbers is expected");
        byte[] bytes = Allocate(tensor, tensor.ElementCount * sizeof(float));
        Span<float> values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        BlockFormat.Dequantize(tensor.Type, tensor.Row(0), values);
        foreach (ref float value in values)
            value += 1;
        return Create(tensor.Name, TensorType.F32, tensor.Shape, bytes);
    }

    /// <summary>Bytes that the garbage collector does not move.</summary>
    public static byte[] Allocate(StoredTensor source, long length) => length <= Array.MaxLength
        ? GC.AllocateUninitializedArray<byte>((int)length, pinned: true)
        : throw Refuse(source, "it is too large to be brought into another order");

    /// <summary>A tensor over bytes that <see cref="Allocate"/> gave.</summary>
    public static StoredTensor Create(string name, TensorType type, long[] shape, byte[] bytes) =>
        new(name, type, shape, Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0), bytes.Length) { Owner = bytes };

    /// <summary>A part of the bytes.</summary>
    public static unsafe ReadOnlySpan<byte> Bytes(StoredTensor tensor, long start, long length) =>
        new((byte*)tensor.Address + start, checked((int)length));

    private static int SizeOf(StoredTensor tensor) => tensor.Type switch
    {
        TensorType.F32 => 4,
        TensorType.F16 or TensorType.BF16 => 2,
        _ => throw Refuse(tensor, "floats of 16 or 32 bits are expected"),
    };

    private static TensorLayoutException Refuse(StoredTensor tensor, string expected) =>
        new(tensor.Name, $"a tensor is {tensor.Type} {string.Join(" x ", tensor.Shape)}, and {expected}");
}
