using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Where the results of a group go whose threads are a square, each with every 16th row of 64 weight rows and of 64 rows of the input.</summary>
internal static class SquareResults
{
    /// <summary>Threads of a side.</summary>
    public const int Side = 16;

    /// <summary>Rows of each operand that a group has.</summary>
    public const int GroupRows = Side * 4;

    /// <summary>Threads a group.</summary>
    public const int GroupSize = Side * Side;

    /// <summary>Writes a thread's results, as far as there are rows for them.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="rows">Rows of the input.</param>
    /// <param name="row">The thread's first weight row.</param>
    /// <param name="inputRow">Its first row of the input.</param>
    /// <param name="totals">Four weight rows for each of four rows of the input.</param>
    public static void Write(MatrixView matrix, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int row, int inputRow, FloatQuads totals)
    {
        Write(matrix, bias, output, hasBias, rows, row, inputRow, totals.A);
        Write(matrix, bias, output, hasBias, rows, row, inputRow + Side, totals.B);
        Write(matrix, bias, output, hasBias, rows, row, inputRow + Side * 2, totals.C);
        Write(matrix, bias, output, hasBias, rows, row, inputRow + Side * 3, totals.D);
    }

    private static void Write(MatrixView matrix, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int row, int inputRow, FloatQuad totals)
    {
        ProductResult.Write(matrix, bias, output, hasBias, rows, row, inputRow, totals.A);
        ProductResult.Write(matrix, bias, output, hasBias, rows, row + Side, inputRow, totals.B);
        ProductResult.Write(matrix, bias, output, hasBias, rows, row + Side * 2, inputRow, totals.C);
        ProductResult.Write(matrix, bias, output, hasBias, rows, row + Side * 3, inputRow, totals.D);
    }
}
