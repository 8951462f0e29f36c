using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Half"/>.</summary>
internal readonly struct HalfScales : IScales
{
    public float Add(float sum, MatrixView matrix, int tile, int block, int row, int low, int high, int lowSum, int highSum, float scale) =>
        Exact.MultiplyAdd(Exact.Multiply(Scale(matrix, tile, block, row), scale), low + high, sum);

    public float Weight(MatrixView matrix, int tile, int block, int row, int half, int code) => Exact.Multiply(Scale(matrix, tile, block, row), code);

    private static float Scale(MatrixView matrix, int tile, int block, int row) =>
        Bytes.Half(matrix.Scales[((long)tile * matrix.Blocks + block) * 8 + (row & 7)], row >> 3);
}
