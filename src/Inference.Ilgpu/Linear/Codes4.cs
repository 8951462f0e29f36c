using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Unsigned nibbles: those of an even block are the lower ones.</summary>
internal readonly struct Codes4 : ICodes
{
    public int Word(MatrixView matrix, long block, int word) => matrix.Codes[(block >> 1) * 128 + word] >> (((int)block & 1) * 4) & 0x0F0F0F0F;

    public CodePair Load(MatrixView matrix, int pair, int lane)
    {
        CodePair codes = default;
        codes.First = matrix.CodeQuads[pair * 32 + lane];
        return codes;
    }

    public int StagedBits => 5;

    public void Stage(MatrixView matrix, int pair, int part, ArrayView<IntQuad> target, int place) =>
        AsyncCopy.Copy16(ref matrix.CodeQuads[pair * 32 + part], ref target[place + part]);

    public CodePair Staged(ArrayView<IntQuad> staged, int place, int pair, int lane)
    {
        CodePair codes = default;
        codes.First = staged[place + lane];
        return codes;
    }

    public IntQuad Even(CodePair pair) => Nibbles(pair.First, 0);

    public IntQuad Odd(CodePair pair) => Nibbles(pair.First, 4);

    public float Unit => 1;

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
