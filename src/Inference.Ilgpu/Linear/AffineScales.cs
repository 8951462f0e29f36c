using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Affine"/>.</summary>
internal readonly struct AffineScales : IScales
{
    public RowScale Row(MatrixView matrix, long block, int row, float unit) =>
        Widen(matrix.Scales[(block >> 3) * 16 + row], matrix.SubScales[block * 8 + (row & 7)] >> ((row >> 3) * 16));

    public ScalePair Pair(MatrixView matrix, int super, int block, int g, float unit) =>
        Both(matrix.Scales[super * 16 + g], matrix.Scales[super * 16 + g + 8], matrix.SubScales[block * 8 + g]);

    /// <summary>Four parts of what eight blocks share, and two of each block's own.</summary>
    public int StagedBits => 3;

    public void Stage(MatrixView matrix, int block, int part, ArrayView<IntQuad> target, int place)
    {
        if (part < 4)
            AsyncCopy.Copy16(ref matrix.ScaleQuads[(block >> 3) * 4 + part], ref target[place + part]);
        else
            AsyncCopy.Copy16(ref matrix.SubScaleQuads[block * 2 + part - 4], ref target[place + part]);
    }

    public ScalePair Staged(ArrayView<int> staged, int place, int odd, int g, float unit) =>
        Both(staged[place + g], staged[place + g + 8], staged[place + 16 + odd * 8 + g]);

    public float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale)
    {
        // What is the row's alone or the input's alone is multiplied first: it is shared.
        sum = Exact.MultiplyAdd(Exact.Multiply(row.A, scale), low + high, sum);
        return Exact.MultiplyAdd(-row.B, Exact.Multiply(scale, lowSum + highSum), sum);
    }

    public float Weight(RowScale row, int half, int code) => Exact.Add(Exact.Multiply(row.A, code), -row.B);

    public IntQuad Low(IntQuad weights, InputTile input) => BlockProduct.Whole(weights, input);

    public IntQuad High(IntQuad weights, InputTile input) => default;

    private static ScalePair Both(int lower, int upper, int sub)
    {
        ScalePair pair = default;
        pair.Lower = Widen(lower, sub);
        pair.Upper = Widen(upper, sub >> 16);
        return pair;
    }

    private static RowScale Widen(int pair, int sub)
    {
        RowScale scale = default;
        scale.A = Exact.Multiply(Bytes.Half(pair, 0), sub & 0xFF);
        scale.B = Exact.Multiply(Bytes.Half(pair, 1), sub >> 8 & 0xFF);
        return scale;
    }
}
