using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Nibbles: those of an even block are the lower ones.</summary>
internal readonly struct Codes4 : ICodes
{
    public int Word(MatrixView matrix, long block, int word) => matrix.Codes[(block >> 1) * 128 + word] >> (((int)block & 1) * 4) & 0x0F0F0F0F;

    public CodePair Load(MatrixView matrix, long pair, int lane)
    {
        CodePair codes = default;
        codes.First = matrix.CodeQuads[pair * 32 + lane];
        return codes;
    }

    public IntQuad Even(CodePair pair) => Nibbles(pair.First, 0);

    public IntQuad Odd(CodePair pair) => Nibbles(pair.First, 4);

    public int Zero(MatrixView matrix) => matrix.Zero;

    /// <summary>Four bits of each byte.</summary>
    public static IntQuad Nibbles(IntQuad words, int shift)
    {
        IntQuad codes = default;
        codes.A = words.A >> shift & 0x0F0F0F0F;
        codes.B = words.B >> shift & 0x0F0F0F0F;
        codes.C = words.C >> shift & 0x0F0F0F0F;
        codes.D = words.D >> shift & 0x0F0F0F0F;
        return codes;
    }
}
