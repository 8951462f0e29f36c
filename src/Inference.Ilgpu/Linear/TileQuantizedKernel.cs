using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>
/// Quantised weights times many rows. A group walks all chunks of its weight rows and its rows of the input, two blocks at a time, which come
/// into shared memory while the two before them are multiplied. Computes what <see cref="PlainQuantizedKernel{TCodes, TScales}"/> does.
/// </summary>
/// <remarks>A warp has 32 weight rows. Its sums, those of the chunk and those of all, take 128 registers a thread where it has 64 rows of the input.</remarks>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
/// <typeparam name="TSpan">Rows of the input that a warp has.</typeparam>
internal static class TileQuantizedKernel<TCodes, TScales, TSpan>
    where TCodes : struct, ICodes
    where TScales : struct, IScales
    where TSpan : struct, IRowSpan
{
    /// <summary>Tiles of weight rows that a warp has.</summary>
    public const int WarpTiles = 2;

    private const int Stages = 2;
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
        TSpan span = default;
        ArrayView<IntQuad> memory = SharedMemory.Allocate<IntQuad>(Stages * QuantizedStage<TCodes, TScales>.Quads);
        // Asked for once: what a thread is, it is told anew each time.
        int thread = Group.IdxX;
        int lane = thread & 31;
        int warp = thread >> 5;
        int rowWarps = Group.DimX / 32 / tileWarps;
        int rowWarp = warp / tileWarps;
        int warpTile = (warp - rowWarp * tileWarps) * WarpTiles;
        int warpRow = rowWarp * span.Rows;
        int groupTiles = tileWarps * WarpTiles;
        int groupRows = rowWarps * span.Rows;
        int firstTile = Grid.IdxX * groupTiles;
        int firstRow = Grid.IdxY * groupRows;
        TileSums firstTotal = default;
        TileSums secondTotal = default;
        QuantizedStage<TCodes, TScales>.Fetch(memory, 0, matrix, input, 0, firstTile, groupTiles, firstRow, groupRows, thread);
        AsyncCopy.Commit();
        for (int chunk = 0; chunk < matrix.Blocks; chunk += ChunkBlocks)
        {
            TileSums firstSum = default;
            TileSums secondSum = default;
            int end = XMath.Min(chunk + ChunkBlocks, matrix.Blocks);
            for (int block = chunk; block < end; block += 2)
            {
                int start = (block >> 1 & 1) * QuantizedStage<TCodes, TScales>.Quads;
                if (block + 2 < matrix.Blocks)
                    QuantizedStage<TCodes, TScales>.Fetch(memory, QuantizedStage<TCodes, TScales>.Quads - start, matrix, input, block + 2, firstTile, groupTiles, firstRow, groupRows, thread);
                AsyncCopy.Commit();
                AsyncCopy.Wait1();
                Group.Barrier();

                TCodes codes = default;
                CodePair first = QuantizedStage<TCodes, TScales>.Codes(memory, start, warpTile, block >> 1, lane);
                CodePair second = QuantizedStage<TCodes, TScales>.Codes(memory, start, warpTile + 1, block >> 1, lane);
                ScalePair firstScales = QuantizedStage<TCodes, TScales>.Scales(memory, start, warpTile, 0, lane);
                ScalePair secondScales = QuantizedStage<TCodes, TScales>.Scales(memory, start, warpTile + 1, 0, lane);
                firstSum = Add(firstSum, codes.Even(first), firstScales, memory, start, warpRow, 0, lane);
                secondSum = Add(secondSum, codes.Even(second), secondScales, memory, start, warpRow, 0, lane);
                firstScales = QuantizedStage<TCodes, TScales>.Scales(memory, start, warpTile, 1, lane);
                secondScales = QuantizedStage<TCodes, TScales>.Scales(memory, start, warpTile + 1, 1, lane);
                firstSum = Add(firstSum, codes.Odd(first), firstScales, memory, start, warpRow, 1, lane);
                secondSum = Add(secondSum, codes.Odd(second), secondScales, memory, start, warpRow, 1, lane);
                // The next but one comes to where these are.
                Group.Barrier();
            }

            firstTotal = Add(firstTotal, firstSum);
            secondTotal = Add(secondTotal, secondSum);
        }

        int tile = firstTile + warpTile;
        int row = firstRow + warpRow;
        Store(matrix, bias, output, hasBias, rows, tile, row, firstTotal, lane);
        Store(matrix, bias, output, hasBias, rows, tile + 1, row, secondTotal, lane);
    }

    private static TileSums Add(TileSums sums, IntQuad weights, ScalePair scales, ArrayView<IntQuad> memory, int start, int row, int odd, int lane)
    {
        TSpan span = default;
        sums.First = WarpBlock<TScales>.Add(
            sums.First,
            weights,
            scales,
            QuantizedStage<TCodes, TScales>.Input(memory, start, row, odd, lane),
            QuantizedStage<TCodes, TScales>.Input(memory, start, row + 8, odd, lane),
            QuantizedStage<TCodes, TScales>.Input(memory, start, row + 16, odd, lane),
            QuantizedStage<TCodes, TScales>.Input(memory, start, row + 24, odd, lane));
        if (span.Rows > 32)
        {
            sums.Second = WarpBlock<TScales>.Add(
                sums.Second,
                weights,
                scales,
                QuantizedStage<TCodes, TScales>.Input(memory, start, row + 32, odd, lane),
                QuantizedStage<TCodes, TScales>.Input(memory, start, row + 40, odd, lane),
                QuantizedStage<TCodes, TScales>.Input(memory, start, row + 48, odd, lane),
                QuantizedStage<TCodes, TScales>.Input(memory, start, row + 56, odd, lane));
        }

        return sums;
    }

    private static TileSums Add(TileSums total, TileSums sums)
    {
        TSpan span = default;
        total.First = WarpSums.Add(total.First, sums.First);
        if (span.Rows > 32)
            total.Second = WarpSums.Add(total.Second, sums.Second);
        return total;
    }

    private static void Store(MatrixView matrix, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int tile, int firstRow, TileSums totals, int lane)
    {
        TSpan span = default;
        Store(matrix, bias, output, hasBias, rows, tile, firstRow, totals.First, lane);
        if (span.Rows > 32)
            Store(matrix, bias, output, hasBias, rows, tile, firstRow + 32, totals.Second, lane);
    }

    private static void Store(MatrixView matrix, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int tile, int firstRow, FloatQuads totals, int lane)
    {
        Store(matrix, bias, output, hasBias, rows, tile, firstRow, totals.A, lane);
        Store(matrix, bias, output, hasBias, rows, tile, firstRow + 8, totals.B, lane);
        Store(matrix, bias, output, hasBias, rows, tile, firstRow + 16, totals.C, lane);
        Store(matrix, bias, output, hasBias, rows, tile, firstRow + 24, totals.D, lane);
    }

    private static void Store(MatrixView matrix, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int tile, int firstRow, FloatQuad totals, int lane)
    {
        int row = tile * MatrixLayout.TileRows + (lane >> 2);
        int inputRow = firstRow + (lane & 3) * 2;
        ProductResult.Write(matrix, bias, output, hasBias, rows, row, inputRow, totals.A);
        ProductResult.Write(matrix, bias, output, hasBias, rows, row, inputRow + 1, totals.B);
        ProductResult.Write(matrix, bias, output, hasBias, rows, row + 8, inputRow, totals.C);
        ProductResult.Write(matrix, bias, output, hasBias, rows, row + 8, inputRow + 1, totals.D);
    }
}
