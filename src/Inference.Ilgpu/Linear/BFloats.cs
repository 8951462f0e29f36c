namespace Inference.Ilgpu.Linear;

/// <summary>The upper halves of 32-bit floats.</summary>
internal readonly struct BFloats : IFloats
{
    public float Weight(MatrixView matrix, int tile, int row, int column) => Bytes.BFloat(Halves.Word(matrix, tile, row, column), column & 1);
}
