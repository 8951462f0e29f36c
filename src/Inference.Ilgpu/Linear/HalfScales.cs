using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Half"/>.</summary>
internal readonly struct HalfScales : IScales
{
    public RowScale Row(MatrixView matrix, long block, int row, float unit)
    {
        RowScale scale = default;
        scale.A = Exact.Multiply(Bytes.Half(matrix.Scales[block * 8 + (row & 7)], row >> 3), unit);
        return scale;
    }

    public ScalePair Pair(MatrixView matrix, int super, int block, int g, float unit) => Widen(matrix.Scales[block * 8 + g], unit);

    public int StagedBits => 2;

    public void Stage(MatrixView matrix, int block, int part, ArrayView<IntQuad> target, int place) =>
        AsyncCopy.Copy16(ref matrix.ScaleQuads[block * 2 + part], ref target[place + part]);

    public ScalePair Staged(ArrayView<int> staged, int place, int odd, int g, float unit) => Widen(staged[place + odd * 8 + g], unit);

    private static ScalePair Widen(int word, float unit)
    {
        ScalePair pair = default;
        pair.Lower.A = Exact.Multiply(Bytes.Half(word, 0), unit);
        pair.Upper.A = Exact.Multiply(Bytes.Half(word, 1), unit);
        return pair;
    }

    public float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale) =>
        Exact.MultiplyAdd(Exact.Multiply(row.A, scale), low + high, sum);

    public float Weight(RowScale row, int half, int code) => Exact.Multiply(row.A, code);

    public IntQuad Low(IntQuad weights, InputTile input) => BlockProduct.Whole(weights, input);

    public IntQuad High(IntQuad weights, InputTile input) => default;
}
