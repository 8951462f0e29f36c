using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Single"/>.</summary>
internal readonly struct SingleScales : IScales
{
    public float Add(float sum, MatrixView matrix, int tile, int block, int row, int low, int high, int lowSum, int highSum, float scale)
    {
        sum = Exact.MultiplyAdd(Exact.Multiply(Word(matrix, tile, block, row, 0), scale), low, sum);
        sum = Exact.MultiplyAdd(Exact.Multiply(Word(matrix, tile, block, row, 1), scale), high, sum);
        sum = Exact.MultiplyAdd(-Exact.Multiply(Word(matrix, tile, block, row, 2), scale), lowSum, sum);
        return Exact.MultiplyAdd(-Exact.Multiply(Word(matrix, tile, block, row, 3), scale), highSum, sum);
    }

    public float Weight(MatrixView matrix, int tile, int block, int row, int half, int code) =>
        Exact.Add(Exact.Multiply(Word(matrix, tile, block, row, half), code), -Word(matrix, tile, block, row, 2 + half));

    private static float Word(MatrixView matrix, int tile, int block, int row, int word) =>
        Interop.IntAsFloat((uint)matrix.Scales[(((long)tile * matrix.Blocks + block) * 16 + row) * 4 + word]);
}
