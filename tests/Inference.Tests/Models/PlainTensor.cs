using System.Runtime.InteropServices;

namespace Inference.Tests.Models;

/// <summary>A tensor in memory: a vector, a matrix of rows of output features, or a stack of such matrices.</summary>
public sealed record PlainTensor(long[] Shape, float[] Values)
{
    public int Rows => (int)Shape[0];

    public int Columns => Values.Length / Rows;

    public PlainTensor WithValue(int index, float value)
    {
        float[] values = [.. Values];
        values[index] = value;
        return this with { Values = values };
    }

    public PlainTensor Plus(float value) => this with { Values = Array.ConvertAll(Values, v => v + value) };

    public PlainTensor Transpose()
    {
        float[] values = new float[Values.Length];
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
                values[column * Rows + row] = Values[row * Columns + column];
        }

        return new PlainTensor([Columns, Rows], values);
    }

    /// <summary>Some of the rows, or of a vector's elements, in their order.</summary>
    public PlainTensor Slice(int first, int count) => new([count, .. Shape[1..]], Values[(first * Columns)..((first + count) * Columns)]);

    /// <summary>The rows of all, one tensor after another.</summary>
    public static PlainTensor Concat(params IEnumerable<PlainTensor> parts)
    {
        PlainTensor[] all = [.. parts];
        return new PlainTensor([all.Sum(p => p.Shape[0]), .. all[0].Shape[1..]], [.. all.SelectMany(p => p.Values)]);
    }

    /// <summary>The tensors along a new first dimension.</summary>
    public static PlainTensor Stack(params IEnumerable<PlainTensor> parts)
    {
        PlainTensor[] all = [.. parts];
        return new PlainTensor([all.Length, .. all[0].Shape], [.. all.SelectMany(p => p.Values)]);
    }

    /// <summary>The rows of two tensors, by turns.</summary>
    public static PlainTensor Zip(PlainTensor even, PlainTensor odd) =>
        Concat(Enumerable.Range(0, even.Rows).SelectMany(row => new[] { even.Slice(row, 1), odd.Slice(row, 1) }));

    public byte[] ToBytes() => MemoryMarshal.AsBytes<float>(Values).ToArray();
}
