using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Nibbles, with two bits more for each from the second plane, where four blocks share a word.</summary>
internal readonly struct Codes6 : ICodes
{
    public int Word(MatrixView matrix, long block, int word)
    {
        int lower = matrix.Codes[(block >> 1) * 128 + word] >> (((int)block & 1) * 4) & 0x0F0F0F0F;
        int upper = matrix.Upper[(block >> 2) * 128 + word] >> (((int)block & 3) * 2) & 0x03030303;
        return lower | upper << 4;
    }

    public CodePair Load(MatrixView matrix, int pair, int lane)
    {
        return Split(matrix.CodeQuads[pair * 32 + lane], matrix.UpperQuads[(pair >> 1) * 32 + lane], pair);
    }

    /// <summary>The upper bits of four blocks come with each two of them.</summary>
    public int StagedBits => 6;

    public void Stage(MatrixView matrix, int pair, int part, ArrayView<IntQuad> target, int place)
    {
        if (part < 32)
            AsyncCopy.Copy16(ref matrix.CodeQuads[pair * 32 + part], ref target[place + part]);
        else
            AsyncCopy.Copy16(ref matrix.UpperQuads[(pair >> 1) * 32 + part - 32], ref target[place + part]);
    }

    public CodePair Staged(ArrayView<IntQuad> staged, int place, int pair, int lane) => Split(staged[place + lane], staged[place + lane + 32], pair);

    private static CodePair Split(IntQuad lower, IntQuad upper, int pair)
    {
        CodePair codes = default;
        codes.First = lower;
        int shift = (pair & 1) * 4;
        codes.Second.A = upper.A >> shift;
        codes.Second.B = upper.B >> shift;
        codes.Second.C = upper.C >> shift;
        codes.Second.D = upper.D >> shift;
        return codes;
    }

    public IntQuad Even(CodePair pair) => Join(Codes4.Nibbles(pair.First, 0), pair.Second, 0);

    public IntQuad Odd(CodePair pair) => Join(Codes4.Nibbles(pair.First, 4), pair.Second, 2);

    public float Unit => 1;

    private static IntQuad Join(IntQuad lower, IntQuad upper, int shift)
    {
        lower.A |= (upper.A >> shift & 0x03030303) << 4;
        lower.B |= (upper.B >> shift & 0x03030303) << 4;
        lower.C |= (upper.C >> shift & 0x03030303) << 4;
        lower.D |= (upper.D >> shift & 0x03030303) << 4;
        return lower;
    }
}
