namespace Inference.Ilgpu.Linear;

/// <summary>16-bit floats.</summary>
internal readonly struct Halves : IFloats
{
    public float Weight(MatrixView matrix, int tile, int row, int column) => Bytes.Half(Word(matrix, tile, row, column), column & 1);

    /// <summary>The word of a pair of columns.</summary>
    public static int Word(MatrixView matrix, int tile, int row, int column)
    {
        int place = column & 15;
        int word = ((row & 7) * 4 + (place & 7) / 2) * 4 + (row >> 3) + place / 8 * 2;
        return matrix.Codes[((long)tile * matrix.Blocks + column / 16) * 128 + word];
    }
}
