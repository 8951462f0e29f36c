using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>
/// Quantised weights times few rows. A warp computes one chunk of one tile; the warps of a group share its chunks, put their sums into
/// shared memory, and add them there in order. Computes what <see cref="PlainQuantizedKernel{TCodes, TScales}"/> does.
/// </summary>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal static class SpreadQuantizedKernel<TCodes, TScales>
    where TCodes : struct, ICodes
    where TScales : struct, IScales
{
    /// <summary>Of one group, at most.</summary>
    public const int MostTiles = 8;

    private const int ChunkBlocks = MatrixLayout.ChunkColumns / MatrixLayout.BlockColumns;

    /// <summary>Sums that a tile has for eight rows of the input.</summary>
    private const int TileSums = MatrixLayout.TileRows * 8;

    /// <summary>Chunks of eight rows whose sums there is room for; more than that take turns.</summary>
    private const int Room = 64;

    /// <summary>Up to eight rows of the input a group. Grid: groups of tiles, eights of rows.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">The rows; readable up to a multiple of eight.</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="rows">Rows of the input.</param>
    /// <param name="groupTiles">Tiles a group, at most <see cref="MostTiles"/>; 1 where a matrix has more chunks than fit.</param>
    public static void Narrow(MatrixView matrix, InputView input, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int groupTiles)
    {
        ArrayView<float> parts = SharedMemory.Allocate<float>(Room * TileSums);
        ArrayView<float> totals = SharedMemory.Allocate<float>(MostTiles * TileSums);
        int lane = Warp.LaneIdx;
        int chunks = (matrix.Blocks + ChunkBlocks - 1) / ChunkBlocks;
        int firstRow = Grid.IdxY * 8;
        for (int i = Group.IdxX; i < groupTiles * TileSums; i += Group.DimX)
            totals[i] = 0;
        InputRows inputRows = InputRows.At(firstRow, matrix.Blocks);
        for (int first = 0; first < chunks; first += Room)
        {
            int count = XMath.Min(Room, chunks - first);
            for (int item = Warp.WarpIdx; item < groupTiles * count; item += Group.DimX / 32)
            {
                int tile = item / count;
                FloatQuad sum = Chunk(matrix, input, inputRows, Tile(matrix, Grid.IdxX * groupTiles + tile), first + item - tile * count);
                Put(parts, item, lane, sum);
            }

            Group.Barrier();
            for (int i = Group.IdxX; i < groupTiles * TileSums; i += Group.DimX)
                totals[i] = Sum(parts, i / TileSums * count, count, 1, i % TileSums, totals[i]);
            Group.Barrier();
        }

        Store(matrix, bias, output, hasBias, rows, firstRow, groupTiles, totals);
    }

    /// <summary>Up to 32 rows of the input a group, one tile. Grid: tiles, 32s of rows. Otherwise as above.</summary>
    public static void Wide(MatrixView matrix, InputView input, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int groupTiles)
    {
        ArrayView<float> parts = SharedMemory.Allocate<float>(Room * TileSums);
        ArrayView<float> totals = SharedMemory.Allocate<float>(4 * TileSums);
        int lane = Warp.LaneIdx;
        int chunks = (matrix.Blocks + ChunkBlocks - 1) / ChunkBlocks;
        int firstRow = Grid.IdxY * 32;
        for (int i = Group.IdxX; i < 4 * TileSums; i += Group.DimX)
            totals[i] = 0;
        for (int first = 0; first < chunks; first += Room / 4)
        {
            int count = XMath.Min(Room / 4, chunks - first);
            for (int item = Warp.WarpIdx; item < count; item += Group.DimX / 32)
            {
                FloatQuads sums = WideChunk(matrix, input, InputRows.At(firstRow, matrix.Blocks), Tile(matrix, Grid.IdxX), first + item);
                Put(parts, item * 4, lane, sums.A);
                Put(parts, item * 4 + 1, lane, sums.B);
                Put(parts, item * 4 + 2, lane, sums.C);
                Put(parts, item * 4 + 3, lane, sums.D);
            }

            Group.Barrier();
            for (int i = Group.IdxX; i < 4 * TileSums; i += Group.DimX)
                totals[i] = Sum(parts, i / TileSums, count, 4, i % TileSums, totals[i]);
            Group.Barrier();
        }

        for (int i = 0; i < 4; i++)
            Store(matrix, bias, output, hasBias, rows, firstRow + i * 8, 1, totals.SubView(i * TileSums, TileSums));
    }

    /// <summary>Where the group's tiles end behind the matrix, its last is computed again and not kept.</summary>
    private static long Tile(MatrixView matrix, int tile) => XMath.Min(tile, (matrix.Rows - 1) / MatrixLayout.TileRows);

    /// <summary>Eight blocks at a time: their codes, 2 to 4 KB a warp, are on their way together.</summary>
    private static FloatQuad Chunk(MatrixView matrix, InputView input, InputRows rows, long tile, int chunk)
    {
        TCodes codes = default;
        FloatQuad sum = default;
        int end = XMath.Min((chunk + 1) * ChunkBlocks, matrix.Blocks);
        for (int block = chunk * ChunkBlocks; block < end; block += 8)
        {
            long place = tile * matrix.Blocks + block;
            long pair = place >> 1;
            CodePair a = codes.Load(matrix, pair, Warp.LaneIdx);
            CodePair b = codes.Load(matrix, pair + 1, Warp.LaneIdx);
            CodePair c = codes.Load(matrix, pair + 2, Warp.LaneIdx);
            CodePair d = codes.Load(matrix, pair + 3, Warp.LaneIdx);
            sum = Pair(sum, matrix, input, rows, a, place, block);
            sum = Pair(sum, matrix, input, rows, b, place + 2, block + 2);
            sum = Pair(sum, matrix, input, rows, c, place + 4, block + 4);
            sum = Pair(sum, matrix, input, rows, d, place + 6, block + 6);
        }

        return sum;
    }

    private static FloatQuad Pair(FloatQuad sum, MatrixView matrix, InputView input, InputRows rows, CodePair pair, long place, int block)
    {
        TCodes codes = default;
        TScales scales = default;
        int zero = codes.Zero(matrix);
        int g = Warp.LaneIdx / 4;
        sum = WarpBlock<TScales>.Add(sum, codes.Even(pair), scales.Pair(matrix, place, g), InputRows.Read(rows, input, block), zero);
        return WarpBlock<TScales>.Add(sum, codes.Odd(pair), scales.Pair(matrix, place + 1, g), InputRows.Read(rows, input, block + 1), zero);
    }

    private static FloatQuads WideChunk(MatrixView matrix, InputView input, InputRows a, long tile, int chunk)
    {
        TCodes codes = default;
        TScales scales = default;
        InputRows b = InputRows.Next(a);
        InputRows c = InputRows.Next(b);
        InputRows d = InputRows.Next(c);
        FloatQuads sums = default;
        int zero = codes.Zero(matrix);
        int g = Warp.LaneIdx / 4;
        int end = XMath.Min((chunk + 1) * ChunkBlocks, matrix.Blocks);
        for (int block = chunk * ChunkBlocks; block < end; block += 4)
        {
            long place = tile * matrix.Blocks + block;
            long pair = place >> 1;
            CodePair first = codes.Load(matrix, pair, Warp.LaneIdx);
            CodePair second = codes.Load(matrix, pair + 1, Warp.LaneIdx);
            sums = WarpBlock<TScales>.Add(sums, codes.Even(first), scales.Pair(matrix, place, g), InputRows.Read(a, input, block), InputRows.Read(b, input, block), InputRows.Read(c, input, block), InputRows.Read(d, input, block), zero);
            sums = WarpBlock<TScales>.Add(sums, codes.Odd(first), scales.Pair(matrix, place + 1, g), InputRows.Read(a, input, block + 1), InputRows.Read(b, input, block + 1), InputRows.Read(c, input, block + 1), InputRows.Read(d, input, block + 1), zero);
            sums = WarpBlock<TScales>.Add(sums, codes.Even(second), scales.Pair(matrix, place + 2, g), InputRows.Read(a, input, block + 2), InputRows.Read(b, input, block + 2), InputRows.Read(c, input, block + 2), InputRows.Read(d, input, block + 2), zero);
            sums = WarpBlock<TScales>.Add(sums, codes.Odd(second), scales.Pair(matrix, place + 3, g), InputRows.Read(a, input, block + 3), InputRows.Read(b, input, block + 3), InputRows.Read(c, input, block + 3), InputRows.Read(d, input, block + 3), zero);
        }

        return sums;
    }

    private static void Put(ArrayView<float> parts, int item, int lane, FloatQuad sum)
    {
        parts[item * TileSums + lane] = sum.A;
        parts[item * TileSums + lane + 32] = sum.B;
        parts[item * TileSums + lane + 64] = sum.C;
        parts[item * TileSums + lane + 96] = sum.D;
    }

    private static float Sum(ArrayView<float> parts, int first, int count, int step, int place, float total)
    {
        for (int i = 0; i < count; i++)
            total = Exact.Add(total, parts[(first + i * step) * TileSums + place]);
        return total;
    }

    private static void Store(MatrixView matrix, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int firstRow, int groupTiles, ArrayView<float> totals)
    {
        int present = XMath.Min(8, rows - firstRow);
        for (int i = Group.IdxX; i < groupTiles * MatrixLayout.TileRows * present; i += Group.DimX)
        {
            int column = i / (groupTiles * MatrixLayout.TileRows);
            int place = i - column * groupTiles * MatrixLayout.TileRows;
            int row = Grid.IdxX * groupTiles * MatrixLayout.TileRows + place;
            if (row < matrix.Rows)
            {
                int inTile = place % MatrixLayout.TileRows;
                int register = (inTile >> 3) * 2 + (column & 1);
                float total = totals[place / MatrixLayout.TileRows * TileSums + register * 32 + (inTile & 7) * 4 + (column >> 1)];
                if (hasBias != 0)
                    total = Exact.Add(total, bias[row]);
                output[(long)(firstRow + column) * matrix.Rows + row] = total;
            }
        }
    }
}
