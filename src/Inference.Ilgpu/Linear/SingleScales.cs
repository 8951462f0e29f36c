using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary><see cref="ScaleForm.Single"/>.</summary>
internal readonly struct SingleScales : IScales
{
    public RowScale Row(MatrixView matrix, long block, int row)
    {
        RowScale scale = default;
        long place = (block * 16 + row) * 4;
        scale.A = Interop.IntAsFloat((uint)matrix.Scales[place]);
        scale.B = Interop.IntAsFloat((uint)matrix.Scales[place + 1]);
        scale.C = Interop.IntAsFloat((uint)matrix.Scales[place + 2]);
        scale.D = Interop.IntAsFloat((uint)matrix.Scales[place + 3]);
        return scale;
    }

    public ScalePair Pair(MatrixView matrix, long block, int g)
    {
        ScalePair pair = default;
        pair.Lower = Widen(matrix.ScaleQuads[block * 16 + g]);
        pair.Upper = Widen(matrix.ScaleQuads[block * 16 + g + 8]);
        return pair;
    }

    public float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale)
    {
        sum = Exact.MultiplyAdd(Exact.Multiply(row.A, scale), low, sum);
        sum = Exact.MultiplyAdd(Exact.Multiply(row.B, scale), high, sum);
        sum = Exact.MultiplyAdd(-Exact.Multiply(row.C, scale), lowSum, sum);
        return Exact.MultiplyAdd(-Exact.Multiply(row.D, scale), highSum, sum);
    }

    public float Weight(RowScale row, int half, int code) =>
        Exact.Add(Exact.Multiply(half == 0 ? row.A : row.B, code), half == 0 ? -row.C : -row.D);

    public IntQuad Low(IntQuad weights, InputTile input, int zero) => BlockProduct.Low(weights, input, zero);

    public IntQuad High(IntQuad weights, InputTile input, int zero) => BlockProduct.High(weights, input, zero);

    private static RowScale Widen(IntQuad words)
    {
        RowScale scale = default;
        scale.A = Interop.IntAsFloat((uint)words.A);
        scale.B = Interop.IntAsFloat((uint)words.B);
        scale.C = Interop.IntAsFloat((uint)words.C);
        scale.D = Interop.IntAsFloat((uint)words.D);
        return scale;
    }
}
