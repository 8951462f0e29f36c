using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Affine"/>.</summary>
internal readonly struct AffineScales : IScales
{
    public float Add(float sum, MatrixView matrix, int tile, int block, int row, int low, int high, int lowSum, int highSum, float scale)
    {
        int pair = Pair(matrix, tile, block, row);
        int sub = Sub(matrix, tile, block, row);
        sum = Exact.MultiplyAdd(Exact.Multiply(Bytes.Half(pair, 0), scale), (sub & 0xFF) * (low + high), sum);
        return Exact.MultiplyAdd(-Exact.Multiply(Bytes.Half(pair, 1), scale), (sub >> 8 & 0xFF) * (lowSum + highSum), sum);
    }

    public float Weight(MatrixView matrix, int tile, int block, int row, int half, int code)
    {
        int pair = Pair(matrix, tile, block, row);
        int sub = Sub(matrix, tile, block, row);
        float minimum = Exact.Multiply(Bytes.Half(pair, 1), sub >> 8 & 0xFF);
        return Exact.Add(Exact.Multiply(Exact.Multiply(Bytes.Half(pair, 0), sub & 0xFF), code), -minimum);
    }

    private static int Pair(MatrixView matrix, int tile, int block, int row) => matrix.Scales[((long)tile * matrix.Blocks + block) / 8 * 16 + row];

    private static int Sub(MatrixView matrix, int tile, int block, int row) =>
        matrix.SubScales[((long)tile * matrix.Blocks + block) * 8 + (row & 7)] >> ((row >> 3) * 16);
}
