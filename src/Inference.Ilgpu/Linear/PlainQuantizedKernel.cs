using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Quantised weights times quantised rows, a thread for each result: the definition of what the faster kernels compute, and the kernel where threads cannot share registers.</summary>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal static class PlainQuantizedKernel<TCodes, TScales>
    where TCodes : struct, ICodes
    where TScales : struct, IScales
{
    /// <param name="index">Row of the input x rows of the matrix, rounded up to tiles.</param>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">The rows.</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    public static void Run(Index1D index, MatrixView matrix, InputView input, ArrayView<float> bias, ArrayView<float> output, int hasBias)
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
    /// <param name="input">The rows.</param>
    /// <param name="inputRow">Which of them.</param>
    /// <param name="outputRow">Which row of the matrix.</param>
    public static float Result(MatrixView matrix, InputView input, int inputRow, int outputRow)
    {
        int tile = outputRow / MatrixLayout.TileRows;
        int row = outputRow % MatrixLayout.TileRows;
        float total = 0;
        for (int chunk = 0; chunk < matrix.Blocks; chunk += MatrixLayout.ChunkColumns / MatrixLayout.BlockColumns)
        {
            float sum = 0;
            int end = chunk + MatrixLayout.ChunkColumns / MatrixLayout.BlockColumns;
            if (end > matrix.Blocks)
                end = matrix.Blocks;
            for (int block = chunk; block < end; block++)
                sum = Add(sum, matrix, input, tile, block, row, (long)inputRow * matrix.Blocks + block);
            total = Exact.Add(total, sum);
        }

        return total;
    }

    private static float Add(float sum, MatrixView matrix, InputView input, int tile, int block, int row, long inputBlock)
    {
        TCodes codes = default;
        TScales scales = default;
        long place = (long)tile * matrix.Blocks + block;
        int low = 0;
        int high = 0;
        for (int pair = 0; pair < 4; pair++)
        {
            int word = ((row & 7) * 4 + pair) * 4 + (row >> 3);
            low += Bytes.Dot(codes.Word(matrix, place, word), input.Codes[inputBlock * 8 + pair * 2]);
            high += Bytes.Dot(codes.Word(matrix, place, word + 2), input.Codes[inputBlock * 8 + pair * 2 + 1]);
        }

        int lowSum = input.Sums[inputBlock * 2];
        int highSum = input.Sums[inputBlock * 2 + 1];
        return scales.Add(sum, scales.Row(matrix, place, row, codes.Unit), low, high, lowSum, highSum, input.Scales[inputBlock]);
    }
}
