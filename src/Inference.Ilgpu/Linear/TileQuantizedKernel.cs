using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>
/// Quantised weights times many rows: a warp walks all chunks of 32 weight rows and 32 rows of the input. The sums of a chunk stay in
/// registers; those of all chunks, touched once in 512 columns, are in shared memory, which leaves room in 128 registers. Computes what <see cref="PlainQuantizedKernel{TCodes, TScales}"/> does.
/// </summary>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal static class TileQuantizedKernel<TCodes, TScales>
    where TCodes : struct, ICodes
    where TScales : struct, IScales
{
    /// <summary>Tiles of weight rows that a warp has.</summary>
    public const int WarpTiles = 2;

    /// <summary>Rows of the input that a warp has.</summary>
    public const int WarpRows = 32;

    /// <summary>Of a group.</summary>
    public const int MostThreads = 256;

    private const int ChunkBlocks = MatrixLayout.ChunkColumns / MatrixLayout.BlockColumns;

    /// <summary>Grid: tiles of the matrix and rows of the input, each in what a group has of them.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">The rows; readable up to a multiple of what a group has.</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="rows">Rows of the input.</param>
    /// <param name="tileWarps">Warps of a group side by side along the weight rows; the others are along the rows of the input.</param>
    public static void Run(MatrixView matrix, InputView input, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int tileWarps)
    {
        int rowWarps = Group.DimX / 32 / tileWarps;
        int rowWarp = Warp.WarpIdx / tileWarps;
        int tile = (Grid.IdxX * tileWarps + Warp.WarpIdx - rowWarp * tileWarps) * WarpTiles;
        int firstRow = (Grid.IdxY * rowWarps + rowWarp) * WarpRows;
        int lastTile = (matrix.Rows - 1) / MatrixLayout.TileRows;
        // The last tile is computed twice where there is only one left, and kept once.
        long firstPlace = (long)XMath.Min(tile, lastTile) * matrix.Blocks;
        long secondPlace = (long)XMath.Min(tile + 1, lastTile) * matrix.Blocks;
        InputRows a = InputRows.At(firstRow, matrix.Blocks);
        InputRows b = InputRows.Next(a);
        InputRows c = InputRows.Next(b);
        InputRows d = InputRows.Next(c);
        ArrayView<float> totals = SharedMemory.Allocate<float>(MostThreads * 32);
        for (int i = 0; i < 32; i++)
            totals[i * Group.DimX + Group.IdxX] = 0;
        TCodes codes = default;
        TScales scales = default;
        int zero = codes.Zero(matrix);
        int g = Warp.LaneIdx / 4;
        for (int chunk = 0; chunk < matrix.Blocks; chunk += ChunkBlocks)
        {
            FloatQuads firstSum = default;
            FloatQuads secondSum = default;
            int end = XMath.Min(chunk + ChunkBlocks, matrix.Blocks);
            for (int block = chunk; block < end; block += 2)
            {
                CodePair first = codes.Load(matrix, (firstPlace + block) >> 1, Warp.LaneIdx);
                CodePair second = codes.Load(matrix, (secondPlace + block) >> 1, Warp.LaneIdx);
                InputTile evenA = InputRows.Read(a, input, block);
                InputTile evenB = InputRows.Read(b, input, block);
                InputTile evenC = InputRows.Read(c, input, block);
                InputTile evenD = InputRows.Read(d, input, block);
                firstSum = WarpBlock<TScales>.Add(firstSum, codes.Even(first), scales.Pair(matrix, firstPlace + block, g), evenA, evenB, evenC, evenD, zero);
                secondSum = WarpBlock<TScales>.Add(secondSum, codes.Even(second), scales.Pair(matrix, secondPlace + block, g), evenA, evenB, evenC, evenD, zero);
                InputTile oddA = InputRows.Read(a, input, block + 1);
                InputTile oddB = InputRows.Read(b, input, block + 1);
                InputTile oddC = InputRows.Read(c, input, block + 1);
                InputTile oddD = InputRows.Read(d, input, block + 1);
                firstSum = WarpBlock<TScales>.Add(firstSum, codes.Odd(first), scales.Pair(matrix, firstPlace + block + 1, g), oddA, oddB, oddC, oddD, zero);
                secondSum = WarpBlock<TScales>.Add(secondSum, codes.Odd(second), scales.Pair(matrix, secondPlace + block + 1, g), oddA, oddB, oddC, oddD, zero);
            }

            Add(totals, 0, firstSum);
            Add(totals, 16, secondSum);
        }

        Store(matrix, bias, output, hasBias, rows, tile, firstRow, totals, 0);
        Store(matrix, bias, output, hasBias, rows, tile + 1, firstRow, totals, 16);
    }

    private static void Add(ArrayView<float> totals, int first, FloatQuads sums)
    {
        Add(totals, first, sums.A);
        Add(totals, first + 4, sums.B);
        Add(totals, first + 8, sums.C);
        Add(totals, first + 12, sums.D);
    }

    private static void Add(ArrayView<float> totals, int first, FloatQuad sums)
    {
        // Each thread has its own: nobody waits.
        int place = first * Group.DimX + Group.IdxX;
        totals[place] = Exact.Add(totals[place], sums.A);
        totals[place + Group.DimX] = Exact.Add(totals[place + Group.DimX], sums.B);
        totals[place + Group.DimX * 2] = Exact.Add(totals[place + Group.DimX * 2], sums.C);
        totals[place + Group.DimX * 3] = Exact.Add(totals[place + Group.DimX * 3], sums.D);
    }

    private static void Store(MatrixView matrix, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int tile, int firstRow, ArrayView<float> totals, int first)
    {
        for (int i = 0; i < 16; i++)
        {
            int row = tile * MatrixLayout.TileRows + Warp.LaneIdx / 4 + (i >> 1 & 1) * 8;
            int inputRow = firstRow + (i >> 2) * 8 + Warp.LaneIdx % 4 * 2 + (i & 1);
            if (row < matrix.Rows && inputRow < rows)
            {
                float total = totals[(first + i) * Group.DimX + Group.IdxX];
                if (hasBias != 0)
                    total = Exact.Add(total, bias[row]);
                output[(long)inputRow * matrix.Rows + row] = total;
            }
        }
    }
}
