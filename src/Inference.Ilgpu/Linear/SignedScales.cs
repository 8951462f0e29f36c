using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Signed"/>.</summary>
internal readonly struct SignedScales : IScales
{
    public RowScale Row(MatrixView matrix, long block, int row, float unit) =>
        Widen(matrix.Scales[block >> 3 << 3 | (long)(row & 7)] >> ((row >> 3) * 16), matrix.SubScales[block * 8 + (row & 7)] >> ((row >> 3) * 16), unit);

    public ScalePair Pair(MatrixView matrix, int super, int block, int g, float unit) => Both(matrix.Scales[super * 8 + g], matrix.SubScales[block * 8 + g], unit);

    /// <summary>Two parts of what eight blocks share, two that are nothing, and two of each block's own.</summary>
    public int StagedBits => 3;

    public void Stage(MatrixView matrix, int block, int part, ArrayView<IntQuad> target, int place)
    {
        if (part < 2)
            AsyncCopy.Copy16(ref matrix.ScaleQuads[(block >> 3) * 2 + part], ref target[place + part]);
        if (part >= 4)
            AsyncCopy.Copy16(ref matrix.SubScaleQuads[block * 2 + part - 4], ref target[place + part]);
    }

    public ScalePair Staged(ArrayView<int> staged, int place, int odd, int g, float unit) => Both(staged[place + g], staged[place + 16 + odd * 8 + g], unit);

    public float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale) =>
        Exact.MultiplyAdd(Exact.Multiply(row.A, scale), row.E * low + row.F * high, sum);

    public float Weight(RowScale row, int half, int code) => Exact.Multiply(Exact.Multiply(row.A, half == 0 ? row.E : row.F), code);

    public IntQuad Low(IntQuad weights, InputTile input) => BlockProduct.Low(weights, input);

    public IntQuad High(IntQuad weights, InputTile input) => BlockProduct.High(weights, input);

    private static ScalePair Both(int scale, int sub, float unit)
    {
        ScalePair pair = default;
        pair.Lower = Widen(scale, sub, unit);
        pair.Upper = Widen(scale >> 16, sub >> 16, unit);
        return pair;
    }

    private static RowScale Widen(int scale, int sub, float unit)
    {
        RowScale result = default;
        result.A = Exact.Multiply(Bytes.Half(scale, 0), unit);
        result.E = Bytes.Signed(sub, 0);
        result.F = Bytes.Signed(sub, 1);
        return result;
    }
}
