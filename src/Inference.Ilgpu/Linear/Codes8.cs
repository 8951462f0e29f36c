using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Signed bytes.</summary>
internal readonly struct Codes8 : ICodes
{
    public int Word(MatrixView matrix, long block, int word) => matrix.Codes[block * 128 + word];

    public CodePair Load(MatrixView matrix, long pair, int lane)
    {
        CodePair codes = default;
        codes.First = matrix.CodeQuads[pair * 64 + lane];
        codes.Second = matrix.CodeQuads[pair * 64 + lane + 32];
        return codes;
    }

    public IntQuad Even(CodePair pair) => pair.First;

    public IntQuad Odd(CodePair pair) => pair.Second;

    public int Zero(MatrixView matrix) => 0;
}
