using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Half"/>.</summary>
internal readonly struct HalfScales : IScales
{
    public RowScale Row(MatrixView matrix, long block, int row)
    {
        RowScale scale = default;
        scale.A = Bytes.Half(matrix.Scales[block * 8 + (row & 7)], row >> 3);
        return scale;
    }

    public ScalePair Pair(MatrixView matrix, long block, int g)
    {
        int word = matrix.Scales[block * 8 + g];
        ScalePair pair = default;
        pair.Lower.A = Bytes.Half(word, 0);
        pair.Upper.A = Bytes.Half(word, 1);
        return pair;
    }

    public float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale) =>
        Exact.MultiplyAdd(Exact.Multiply(row.A, scale), low + high, sum);

    public float Weight(RowScale row, int half, int code) => Exact.Multiply(row.A, code);

    public IntQuad Low(IntQuad weights, InputTile input, int zero) => BlockProduct.Whole(weights, input, zero);

    public IntQuad High(IntQuad weights, InputTile input, int zero) => default;
}
