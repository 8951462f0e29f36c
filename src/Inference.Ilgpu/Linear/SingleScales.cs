using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Single"/>.</summary>
internal readonly struct SingleScales : IScales
{
    public RowScale Row(MatrixView matrix, long block, int row, float unit)
    {
        RowScale scale = default;
        long place = (block * 16 + row) * 4;
        scale.A = Exact.Multiply(Interop.IntAsFloat((uint)matrix.Scales[place]), unit);
        scale.B = Exact.Multiply(Interop.IntAsFloat((uint)matrix.Scales[place + 1]), unit);
        scale.C = Interop.IntAsFloat((uint)matrix.Scales[place + 2]);
        scale.D = Interop.IntAsFloat((uint)matrix.Scales[place + 3]);
        return scale;
    }

    public ScalePair Pair(MatrixView matrix, int super, int block, int g, float unit)
    {
        ScalePair pair = default;
        pair.Lower = Widen(matrix.ScaleQuads[block * 16 + g], unit);
        pair.Upper = Widen(matrix.ScaleQuads[block * 16 + g + 8], unit);
        return pair;
    }

    public int StagedBits => 5;

    public void Stage(MatrixView matrix, int block, int part, ArrayView<IntQuad> target, int place) =>
        AsyncCopy.Copy16(ref matrix.ScaleQuads[block * 16 + part], ref target[place + part]);

    public ScalePair Staged(ArrayView<int> staged, int place, int odd, int g, float unit)
    {
        ArrayView<IntQuad> quads = staged.AsAligned(16).Cast<IntQuad>();
        ScalePair pair = default;
        pair.Lower = Widen(quads[place / 4 + odd * 16 + g], unit);
        pair.Upper = Widen(quads[place / 4 + odd * 16 + g + 8], unit);
        return pair;
    }

    public float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale)
    {
        sum = Exact.MultiplyAdd(Exact.Multiply(row.A, scale), low, sum);
        sum = Exact.MultiplyAdd(Exact.Multiply(row.B, scale), high, sum);
        // What is the input's alone is multiplied first: all rows of weights share it.
        sum = Exact.MultiplyAdd(-row.C, Exact.Multiply(scale, lowSum), sum);
        return Exact.MultiplyAdd(-row.D, Exact.Multiply(scale, highSum), sum);
    }

    public float Weight(RowScale row, int half, int code) =>
        Exact.Add(Exact.Multiply(half == 0 ? row.A : row.B, code), half == 0 ? -row.C : -row.D);

    public IntQuad Low(IntQuad weights, InputTile input) => BlockProduct.Low(weights, input);

    public IntQuad High(IntQuad weights, InputTile input) => BlockProduct.High(weights, input);

    private static RowScale Widen(IntQuad words, float unit)
    {
        RowScale scale = default;
        scale.A = Exact.Multiply(Interop.IntAsFloat((uint)words.A), unit);
        scale.B = Exact.Multiply(Interop.IntAsFloat((uint)words.B), unit);
        scale.C = Interop.IntAsFloat((uint)words.C);
        scale.D = Interop.IntAsFloat((uint)words.D);
        return scale;
    }
}
