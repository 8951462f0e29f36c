using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Weights that are numbers times rows of floats, a thread for each result, one fused multiply-add after the other.</summary>
/// <typeparam name="TFloats">Where the weights are.</typeparam>
internal static class PlainFloatKernel<TFloats>
    where TFloats : struct, IFloats
{
    /// <param name="index">Row of the input x rows of the matrix, rounded up to tiles.</param>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    public static void Run(Index1D index, MatrixView matrix, ArrayView<float> input, ArrayView<float> bias, ArrayView<float> output, int hasBias)
    {
        int padded = (matrix.Rows + MatrixLayout.TileRows - 1) / MatrixLayout.TileRows * MatrixLayout.TileRows;
        int inputRow = index / padded;
        int outputRow = index - inputRow * padded;
        if (outputRow >= matrix.Rows)
            return;
        float total = Result(matrix, input, inputRow, outputRow);
        if (hasBias != 0)
            total = Exact.Add(total, bias[outputRow]);
        output[(long)inputRow * matrix.Rows + outputRow] = total;
    }

    /// <summary>One result, without a bias.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="inputRow">Which of the rows.</param>
    /// <param name="outputRow">Which row of the matrix.</param>
    public static float Result(MatrixView matrix, ArrayView<float> input, int inputRow, int outputRow)
    {
        int tile = outputRow / MatrixLayout.TileRows;
        int row = outputRow % MatrixLayout.TileRows;
        long start = (long)inputRow * matrix.Columns;
        TFloats weights = default;
        float total = 0;
        for (int chunk = 0; chunk < matrix.Columns; chunk += MatrixLayout.ChunkColumns)
        {
            float sum = 0;
            int end = chunk + MatrixLayout.ChunkColumns;
            if (end > matrix.Columns)
                end = matrix.Columns;
            for (int column = chunk; column < end; column++)
                sum = Exact.MultiplyAdd(weights.Weight(matrix, tile, row, column), input[start + column], sum);
            total = Exact.Add(total, sum);
        }

        return total;
    }
}
