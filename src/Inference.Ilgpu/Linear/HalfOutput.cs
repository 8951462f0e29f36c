using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Where the results of a thread go that has of 64 weight rows every eighth. The bias is read once, a row's factor for eight results.</summary>
internal struct HalfOutput
{
    private float _a;
    private float _b;
    private float _c;
    private float _d;
    private float _e;
    private float _f;
    private float _g;
    private float _h;
    private int _row;
    private int _matrixRows;

    /// <param name="matrix">The weights.</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="row">The thread's first weight row.</param>
    public static HalfOutput At(MatrixView matrix, ArrayView<float> bias, int hasBias, int row)
    {
        HalfOutput output = default;
        output._row = row;
        output._matrixRows = matrix.Rows;
        output._a = Bias(matrix, bias, hasBias, row);
        output._b = Bias(matrix, bias, hasBias, row + 8);
        output._c = Bias(matrix, bias, hasBias, row + 16);
        output._d = Bias(matrix, bias, hasBias, row + 24);
        output._e = Bias(matrix, bias, hasBias, row + 32);
        output._f = Bias(matrix, bias, hasBias, row + 40);
        output._g = Bias(matrix, bias, hasBias, row + 48);
        output._h = Bias(matrix, bias, hasBias, row + 56);
        return output;
    }

    /// <summary>Writes the results of two rows of the input, one after the other, as far as they are there.</summary>
    public readonly void Write(InputView input, ArrayView<float> output, int rows, int inputRow, FloatQuad a, FloatQuad b, FloatQuad c, FloatQuad d)
    {
        Write(input, output, rows, inputRow, a.A, a.C, b.A, b.C, c.A, c.C, d.A, d.C);
        Write(input, output, rows, inputRow + 1, a.B, a.D, b.B, b.D, c.B, c.D, d.B, d.D);
    }

    private readonly void Write(InputView input, ArrayView<float> output, int rows, int inputRow, float a, float b, float c, float d, float e, float f, float g, float h)
    {
        if (inputRow >= rows)
            return;
        float scale = input.Scales[inputRow];
        long place = (long)inputRow * _matrixRows + _row;
        Write(output, place, 0, a, scale, _a);
        Write(output, place, 8, b, scale, _b);
        Write(output, place, 16, c, scale, _c);
        Write(output, place, 24, d, scale, _d);
        Write(output, place, 32, e, scale, _e);
        Write(output, place, 40, f, scale, _f);
        Write(output, place, 48, g, scale, _g);
        Write(output, place, 56, h, scale, _h);
    }

    private readonly void Write(ArrayView<float> output, long place, int further, float total, float scale, float bias)
    {
        float result = Exact.Add(Exact.Multiply(total, scale), bias);
        if (_row + further < _matrixRows)
            output[place + further] = result;
    }

    /// <summary>Where there is none, what leaves every sum as it is: 0 would not leave -0.</summary>
    private static float Bias(MatrixView matrix, ArrayView<float> bias, int hasBias, int row)
    {
        float value = -0f;
        if (hasBias != 0)
            value = bias[XMath.Min(row, matrix.Rows - 1)];
        return value;
    }
}
