using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>
/// Quantised weights times many rows, without warps: a group computes 64 weight rows x 64 rows of the input, each thread 4 x 4, from shared memory,
/// where weights are unpacked once. Computes what <see cref="PlainQuantizedKernel{TCodes, TScales}"/> does.
/// </summary>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal static class SharedQuantizedKernel<TCodes, TScales>
    where TCodes : struct, ICodes
    where TScales : struct, IScales
{
    private const int GroupRows = SquareResults.GroupRows;
    private const int GroupSize = SquareResults.GroupSize;
    private const int Side = SquareResults.Side;

    private const int Words = MatrixLayout.BlockColumns / 4;

    /// <summary>Grid: the rows of the matrix and of the input, each in what a group has of them.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">The rows.</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="rows">Rows of the input.</param>
    public static void Run(MatrixView matrix, InputView input, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows)
    {
        // [words, rows]: threads side by side read words side by side.
        ArrayView<int> weights = SharedMemory.Allocate<int>(Words * GroupRows);
        ArrayView<int> inputs = SharedMemory.Allocate<int>(Words * GroupRows);
        ArrayView<RowScale> rowScales = SharedMemory.Allocate<RowScale>(GroupRows);
        ArrayView<float> inputScales = SharedMemory.Allocate<float>(GroupRows);
        ArrayView<int> inputSums = SharedMemory.Allocate<int>(GroupRows * 2);
        int x = Group.IdxX % Side;
        int y = Group.IdxX / Side;
        int firstRow = Grid.IdxX * GroupRows;
        int firstInputRow = Grid.IdxY * GroupRows;
        FloatQuads totals = default;
        for (int chunk = 0; chunk < matrix.Blocks; chunk += MatrixLayout.ChunkColumns / MatrixLayout.BlockColumns)
        {
            FloatQuads sums = default;
            int end = XMath.Min(chunk + MatrixLayout.ChunkColumns / MatrixLayout.BlockColumns, matrix.Blocks);
            for (int block = chunk; block < end; block++)
            {
                StageWeights(matrix, firstRow, block, weights, rowScales);
                StageInput(input, matrix.Blocks, firstInputRow, rows, block, inputs, inputScales, inputSums);
                Group.Barrier();
                sums.A = Add(sums.A, weights, inputs, rowScales, inputScales, inputSums, x, y);
                sums.B = Add(sums.B, weights, inputs, rowScales, inputScales, inputSums, x, y + Side);
                sums.C = Add(sums.C, weights, inputs, rowScales, inputScales, inputSums, x, y + Side * 2);
                sums.D = Add(sums.D, weights, inputs, rowScales, inputScales, inputSums, x, y + Side * 3);
                Group.Barrier();
            }

            totals = WarpSums.Add(totals, sums);
        }

        SquareResults.Write(matrix, bias, output, hasBias, rows, firstRow + x, firstInputRow + y, totals);
    }

    /// <summary>Behind the last row it counts again.</summary>
    private static void StageWeights(MatrixView matrix, int firstRow, int block, ArrayView<int> words, ArrayView<RowScale> rowScales)
    {
        TCodes codes = default;
        TScales scales = default;
        int inGroup = Group.IdxX % GroupRows;
        int row = XMath.Min(firstRow + inGroup, matrix.Rows - 1);
        long place = (long)(row / MatrixLayout.TileRows) * matrix.Blocks + block;
        int inTile = row % MatrixLayout.TileRows;
        for (int word = Group.IdxX / GroupRows; word < Words; word += GroupSize / GroupRows)
            words[word * GroupRows + inGroup] = codes.Word(matrix, place, ((inTile & 7) * 4 + (word & 3)) * 4 + (inTile >> 3) + (word >> 2) * 2);
        if (Group.IdxX < GroupRows)
            rowScales[inGroup] = scales.Row(matrix, place, inTile, codes.Unit);
    }

    /// <summary>The same of the input, whose words of the two halves of a block take turns.</summary>
    private static void StageInput(InputView input, int blocks, int firstRow, int rows, int block, ArrayView<int> words, ArrayView<float> scales, ArrayView<int> sums)
    {
        int inGroup = Group.IdxX % GroupRows;
        long place = (long)XMath.Min(firstRow + inGroup, rows - 1) * blocks + block;
        for (int word = Group.IdxX / GroupRows; word < Words; word += GroupSize / GroupRows)
            words[word * GroupRows + inGroup] = input.Codes[place * Words + (word & 3) * 2 + (word >> 2)];
        if (Group.IdxX < GroupRows)
        {
            scales[inGroup] = input.Scales[place];
            sums[inGroup] = input.Sums[place * 2];
            sums[inGroup + GroupRows] = input.Sums[place * 2 + 1];
        }
    }

    /// <summary>A block's part of four weight rows' sums with one row of the input.</summary>
    private static FloatQuad Add(FloatQuad sums, ArrayView<int> weights, ArrayView<int> inputs, ArrayView<RowScale> rowScales, ArrayView<float> inputScales, ArrayView<int> inputSums, int x, int y)
    {
        TScales form = default;
        IntQuad low = Dots(weights, inputs, x, y, 0);
        IntQuad high = Dots(weights, inputs, x, y, Words / 2);
        float scale = inputScales[y];
        int lowSum = inputSums[y];
        int highSum = inputSums[y + GroupRows];
        sums.A = form.Add(sums.A, rowScales[x], low.A, high.A, lowSum, highSum, scale);
        sums.B = form.Add(sums.B, rowScales[x + Side], low.B, high.B, lowSum, highSum, scale);
        sums.C = form.Add(sums.C, rowScales[x + Side * 2], low.C, high.C, lowSum, highSum, scale);
        sums.D = form.Add(sums.D, rowScales[x + Side * 3], low.D, high.D, lowSum, highSum, scale);
        return sums;
    }

    /// <summary>The products of half a block.</summary>
    private static IntQuad Dots(ArrayView<int> weights, ArrayView<int> inputs, int x, int y, int first)
    {
        IntQuad sums = default;
        for (int word = first; word < first + Words / 2; word++)
        {
            int input = inputs[word * GroupRows + y];
            int place = word * GroupRows + x;
            sums.A += Bytes.Dot(weights[place], input);
            sums.B += Bytes.Dot(weights[place + Side], input);
            sums.C += Bytes.Dot(weights[place + Side * 2], input);
            sums.D += Bytes.Dot(weights[place + Side * 3], input);
        }

        return sums;
    }
}
