namespace Inference.Ilgpu.Linear;

/// <summary>Signed bytes.</summary>
internal readonly struct Codes8 : ICodes
{
    public int Word(MatrixView matrix, int tile, int block, int word) => matrix.Codes[((long)tile * matrix.Blocks + block) * 128 + word];
}
