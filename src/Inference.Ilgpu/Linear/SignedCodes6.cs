using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Signed codes of six bits, which lie as <see cref="Codes6"/>. At the top of a byte one is 4 times itself.</summary>
internal readonly struct SignedCodes6 : ICodes
{
    private const int UpperBits = unchecked((int)0xC0C0C0C0);
    private const int LowerBits = 0x3C3C3C3C;

    public int Word(MatrixView matrix, long block, int word)
    {
        int lower = matrix.Codes[(block >> 1) * 128 + word] >> (((int)block & 1) * 4) << 2 & LowerBits;
        int upper = matrix.Upper[(block >> 2) * 128 + word] >> (((int)block & 3) * 2) << 6 & UpperBits;
        return lower | upper;
    }

    public CodePair Load(MatrixView matrix, int pair, int lane) => default(Codes6).Load(matrix, pair, lane);

    public int StagedBits => default(Codes6).StagedBits;

    public void Stage(MatrixView matrix, int pair, int part, ArrayView<IntQuad> target, int place) => default(Codes6).Stage(matrix, pair, part, target, place);

    public CodePair Staged(ArrayView<IntQuad> staged, int place, int pair, int lane) => default(Codes6).Staged(staged, place, pair, lane);

    public IntQuad Even(CodePair pair)
    {
        IntQuad codes = default;
        codes.A = pair.First.A << 2 & LowerBits | pair.Second.A << 6 & UpperBits;
        codes.B = pair.First.B << 2 & LowerBits | pair.Second.B << 6 & UpperBits;
        codes.C = pair.First.C << 2 & LowerBits | pair.Second.C << 6 & UpperBits;
        codes.D = pair.First.D << 2 & LowerBits | pair.Second.D << 6 & UpperBits;
        return codes;
    }

    public IntQuad Odd(CodePair pair)
    {
        IntQuad codes = default;
        codes.A = pair.First.A >> 2 & LowerBits | pair.Second.A << 4 & UpperBits;
        codes.B = pair.First.B >> 2 & LowerBits | pair.Second.B << 4 & UpperBits;
        codes.C = pair.First.C >> 2 & LowerBits | pair.Second.C << 4 & UpperBits;
        codes.D = pair.First.D >> 2 & LowerBits | pair.Second.D << 4 & UpperBits;
        return codes;
    }

    public float Unit => 1f / 4;
}
