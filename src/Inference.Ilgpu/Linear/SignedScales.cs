using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Signed"/>.</summary>
internal readonly struct SignedScales : IScales
{
    public float Add(float sum, MatrixView matrix, int tile, int block, int row, int low, int high, int lowSum, int highSum, float scale)
    {
        int sub = Sub(matrix, tile, block, row);
        return Exact.MultiplyAdd(Exact.Multiply(Scale(matrix, tile, block, row), scale), Bytes.Signed(sub, 0) * low + Bytes.Signed(sub, 1) * high, sum);
    }

    public float Weight(MatrixView matrix, int tile, int block, int row, int half, int code) =>
        Exact.Multiply(Exact.Multiply(Scale(matrix, tile, block, row), Bytes.Signed(Sub(matrix, tile, block, row), half)), code);

    private static float Scale(MatrixView matrix, int tile, int block, int row) =>
        Bytes.Half(matrix.Scales[((long)tile * matrix.Blocks + block) / 8 * 8 + (row & 7)], row >> 3);

    private static int Sub(MatrixView matrix, int tile, int block, int row) =>
        matrix.SubScales[((long)tile * matrix.Blocks + block) * 8 + (row & 7)] >> ((row >> 3) * 16);
}
