using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Affine"/>.</summary>
internal readonly struct AffineScales : IScales
{
    public RowScale Row(MatrixView matrix, long block, int row) =>
        Widen(matrix.Scales[(block >> 3) * 16 + row], matrix.SubScales[block * 8 + (row & 7)] >> ((row >> 3) * 16));

    public ScalePair Pair(MatrixView matrix, long block, int g)
    {
        int sub = matrix.SubScales[block * 8 + g];
        ScalePair pair = default;
        pair.Lower = Widen(matrix.Scales[(block >> 3) * 16 + g], sub);
        pair.Upper = Widen(matrix.Scales[(block >> 3) * 16 + g + 8], sub >> 16);
        return pair;
    }

    public float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale)
    {
        sum = Exact.MultiplyAdd(Exact.Multiply(row.A, scale), row.E * (low + high), sum);
        return Exact.MultiplyAdd(-Exact.Multiply(row.B, scale), row.F * (lowSum + highSum), sum);
    }

    public float Weight(RowScale row, int half, int code)
    {
        float minimum = Exact.Multiply(row.B, row.F);
        return Exact.Add(Exact.Multiply(Exact.Multiply(row.A, row.E), code), -minimum);
    }

    public IntQuad Low(IntQuad weights, InputTile input, int zero) => BlockProduct.Whole(weights, input, zero);

    public IntQuad High(IntQuad weights, InputTile input, int zero) => default;

    private static RowScale Widen(int pair, int sub)
    {
        RowScale scale = default;
        scale.A = Bytes.Half(pair, 0);
        scale.B = Bytes.Half(pair, 1);
        scale.E = sub & 0xFF;
        scale.F = sub >> 8 & 0xFF;
        return scale;
    }
}
