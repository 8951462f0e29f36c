using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Signed nibbles, which lie as <see cref="Codes4"/>. At the top of a byte one is 16 times itself, and nothing need be taken away.</summary>
internal readonly struct SignedCodes4 : ICodes
{
    public int Word(MatrixView matrix, long block, int word) => matrix.Codes[(block >> 1) * 128 + word] << ((1 - ((int)block & 1)) * 4) & unchecked((int)0xF0F0F0F0);

    public CodePair Load(MatrixView matrix, int pair, int lane) => default(Codes4).Load(matrix, pair, lane);

    public int StagedBits => default(Codes4).StagedBits;

    public void Stage(MatrixView matrix, int pair, int part, ArrayView<IntQuad> target, int place) => default(Codes4).Stage(matrix, pair, part, target, place);

    public CodePair Staged(ArrayView<IntQuad> staged, int place, int pair, int lane) => default(Codes4).Staged(staged, place, pair, lane);

    public IntQuad Even(CodePair pair) => Nibbles(pair.First, 4);

    public IntQuad Odd(CodePair pair) => Nibbles(pair.First, 0);

    public float Unit => 1f / 16;

    private static IntQuad Nibbles(IntQuad words, int shift)
    {
        IntQuad codes = default;
        codes.A = words.A << shift & unchecked((int)0xF0F0F0F0);
        codes.B = words.B << shift & unchecked((int)0xF0F0F0F0);
        codes.C = words.C << shift & unchecked((int)0xF0F0F0F0);
        codes.D = words.D << shift & unchecked((int)0xF0F0F0F0);
        return codes;
    }
}
