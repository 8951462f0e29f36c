namespace Inference.Ilgpu.Linear;

/// <summary>Nibbles, with two bits more for each from the second plane, where four blocks share a word.</summary>
internal readonly struct Codes6 : ICodes
{
    public int Word(MatrixView matrix, int tile, int block, int word)
    {
        long start = (long)tile * matrix.Blocks + block;
        int lower = matrix.Codes[start / 2 * 128 + word] >> ((block & 1) * 4) & 0x0F0F0F0F;
        int upper = matrix.Upper[start / 4 * 128 + word] >> ((block & 3) * 2) & 0x03030303;
        return lower | upper << 4;
    }
}
