using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Signed"/>.</summary>
internal readonly struct SignedScales : IScales
{
    public RowScale Row(MatrixView matrix, long block, int row) =>
        Widen(matrix.Scales[block >> 3 << 3 | (long)(row & 7)] >> ((row >> 3) * 16), matrix.SubScales[block * 8 + (row & 7)] >> ((row >> 3) * 16));

    public ScalePair Pair(MatrixView matrix, long block, int g)
    {
        int scale = matrix.Scales[block >> 3 << 3 | (long)g];
        int sub = matrix.SubScales[block * 8 + g];
        ScalePair pair = default;
        pair.Lower = Widen(scale, sub);
        pair.Upper = Widen(scale >> 16, sub >> 16);
        return pair;
    }

    public float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale) =>
        Exact.MultiplyAdd(Exact.Multiply(row.A, scale), row.E * low + row.F * high, sum);

    public float Weight(RowScale row, int half, int code) => Exact.Multiply(Exact.Multiply(row.A, half == 0 ? row.E : row.F), code);

    public IntQuad Low(IntQuad weights, InputTile input, int zero) => BlockProduct.Low(weights, input, zero);

    public IntQuad High(IntQuad weights, InputTile input, int zero) => BlockProduct.High(weights, input, zero);

    private static RowScale Widen(int scale, int sub)
    {
        RowScale result = default;
        result.A = Bytes.Half(scale, 0);
        result.E = Bytes.Signed(sub, 0);
        result.F = Bytes.Signed(sub, 1);
        return result;
    }
}
