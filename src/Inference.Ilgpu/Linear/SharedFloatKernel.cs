using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>
/// Weights that are numbers times many rows of floats, without warps: a group computes 64 weight rows x 64 rows of the input, each thread 4 x 4, from
/// shared memory. Every result is added up as <see cref="PlainFloatKernel{TFloats}"/> does it.
/// </summary>
/// <typeparam name="TFloats">Where the weights are.</typeparam>
internal static class SharedFloatKernel<TFloats>
    where TFloats : struct, IFloats
{
    private const int GroupRows = SquareResults.GroupRows;
    private const int GroupSize = SquareResults.GroupSize;
    private const int Side = SquareResults.Side;

    /// <summary>Columns that are in shared memory at once; chunks are multiples of it.</summary>
    private const int StepColumns = 32;

    // One more than there are rows: threads that put down a row's columns side by side then meet different banks.
    private const int InputStride = GroupRows + 1;

    /// <summary>Grid: the rows of the matrix and of the input, each in what a group has of them.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">[rows, columns].</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="rows">Rows of the input.</param>
    public static void Run(MatrixView matrix, ArrayView<float> input, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows)
    {
        ArrayView<float> stagedWeights = SharedMemory.Allocate<float>(StepColumns * GroupRows);
        ArrayView<float> stagedInput = SharedMemory.Allocate<float>(StepColumns * InputStride);
        int x = Group.IdxX % Side;
        int y = Group.IdxX / Side;
        int firstRow = Grid.IdxX * GroupRows;
        int firstInputRow = Grid.IdxY * GroupRows;
        FloatQuads totals = default;
        for (int chunk = 0; chunk < matrix.Columns; chunk += MatrixLayout.ChunkColumns)
        {
            FloatQuads sums = default;
            int end = XMath.Min(chunk + MatrixLayout.ChunkColumns, matrix.Columns);
            for (int start = chunk; start < end; start += StepColumns)
            {
                StageWeights(matrix, firstRow / MatrixLayout.TileRows, start, stagedWeights);
                StageInput(input, matrix.Columns, firstInputRow, rows, start, stagedInput);
                Group.Barrier();
                int count = XMath.Min(StepColumns, end - start);
                for (int column = 0; column < count; column++)
                {
                    FloatQuad weights = default;
                    int place = column * GroupRows + x;
                    weights.A = stagedWeights[place];
                    weights.B = stagedWeights[place + Side];
                    weights.C = stagedWeights[place + Side * 2];
                    weights.D = stagedWeights[place + Side * 3];
                    place = column * InputStride + y;
                    sums.A = MultiplyAdd(weights, stagedInput[place], sums.A);
                    sums.B = MultiplyAdd(weights, stagedInput[place + Side], sums.B);
                    sums.C = MultiplyAdd(weights, stagedInput[place + Side * 2], sums.C);
                    sums.D = MultiplyAdd(weights, stagedInput[place + Side * 3], sums.D);
                }

                Group.Barrier();
            }

            totals = WarpSums.Add(totals, sums);
        }

        SquareResults.Write(matrix, bias, output, hasBias, rows, firstRow + x, firstInputRow + y, totals);
    }

    /// <summary>[columns, rows], of each tile one row a thread. Behind the last tile it counts again; behind the last column nothing is read.</summary>
    private static void StageWeights(MatrixView matrix, int tile, int start, ArrayView<float> staged)
    {
        TFloats weights = default;
        int lastTile = (matrix.Rows - 1) / MatrixLayout.TileRows;
        int row = Group.IdxX % MatrixLayout.TileRows;
        for (int column = Group.IdxX / MatrixLayout.TileRows; column < StepColumns; column += GroupSize / MatrixLayout.TileRows)
        {
            if (start + column < matrix.Columns)
            {
                for (int i = 0; i < GroupRows / MatrixLayout.TileRows; i++)
                    staged[column * GroupRows + i * MatrixLayout.TileRows + row] = weights.Weight(matrix, XMath.Min(tile + i, lastTile), row, start + column);
            }
        }
    }

    /// <summary>The same of the input.</summary>
    private static void StageInput(ArrayView<float> input, int columns, int firstRow, int rows, int start, ArrayView<float> staged)
    {
        int column = Group.IdxX % StepColumns;
        if (start + column >= columns)
            return;
        for (int row = Group.IdxX / StepColumns; row < GroupRows; row += GroupSize / StepColumns)
            staged[column * InputStride + row] = input[(long)XMath.Min(firstRow + row, rows - 1) * columns + start + column];
    }

    private static FloatQuad MultiplyAdd(FloatQuad weights, float input, FloatQuad sums)
    {
        sums.A = Exact.MultiplyAdd(weights.A, input, sums.A);
        sums.B = Exact.MultiplyAdd(weights.B, input, sums.B);
        sums.C = Exact.MultiplyAdd(weights.C, input, sums.C);
        sums.D = Exact.MultiplyAdd(weights.D, input, sums.D);
        return sums;
    }
}
