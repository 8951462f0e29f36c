using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>One result of a product, on its way to memory.</summary>
internal static class ProductResult
{
    /// <summary>Adds the bias and writes it, where there are rows for it.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="rows">Rows of the input.</param>
    /// <param name="row">The weight row.</param>
    /// <param name="inputRow">The row of the input.</param>
    /// <param name="total">The sum of the products.</param>
    public static void Write(MatrixView matrix, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int row, int inputRow, float total)
    {
        if (row >= matrix.Rows || inputRow >= rows)
            return;
        if (hasBias != 0)
            total = Exact.Add(total, bias[row]);
        output[(long)inputRow * matrix.Rows + row] = total;
    }
}
