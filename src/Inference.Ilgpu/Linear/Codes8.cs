using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Signed bytes.</summary>
internal readonly struct Codes8 : ICodes
{
    public int Word(MatrixView matrix, long block, int word) => matrix.Codes[block * 128 + word];

    public CodePair Load(MatrixView matrix, int pair, int lane)
    {
        CodePair codes = default;
        codes.First = matrix.CodeQuads[pair * 64 + lane];
        codes.Second = matrix.CodeQuads[pair * 64 + lane + 32];
        return codes;
    }

    public int StagedBits => 6;

    public void Stage(MatrixView matrix, int pair, int part, ArrayView<IntQuad> target, int place) =>
        AsyncCopy.Copy16(ref matrix.CodeQuads[pair * 64 + part], ref target[place + part]);

    public CodePair Staged(ArrayView<IntQuad> staged, int place, int pair, int lane)
    {
        CodePair codes = default;
        codes.First = staged[place + lane];
        codes.Second = staged[place + lane + 32];
        return codes;
    }

    public IntQuad Even(CodePair pair) => pair.First;

    public IntQuad Odd(CodePair pair) => pair.Second;

    public float Unit => 1;
}
