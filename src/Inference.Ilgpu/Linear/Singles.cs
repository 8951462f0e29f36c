using ILGPU;

namespace Inference.Ilgpu.Linear;

/// <summary>32-bit floats: the 16 rows of a tile lie side by side.</summary>
internal readonly struct Singles : IFloats
{
    public float Weight(MatrixView matrix, int tile, int row, int column) =>
        Interop.IntAsFloat((uint)matrix.Codes[((long)tile * matrix.Blocks + column) * MatrixLayout.TileRows + row]);
}
