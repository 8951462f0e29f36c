namespace Inference.Ilgpu.Linear;

/// <summary>Nibbles: those of an even block are the lower ones.</summary>
internal readonly struct Codes4 : ICodes
{
    public int Word(MatrixView matrix, int tile, int block, int word) =>
        matrix.Codes[((long)tile * matrix.Blocks + block) / 2 * 128 + word] >> ((block & 1) * 4) & 0x0F0F0F0F;
}
