using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>
/// Weights times few rows. A warp computes one chunk of one tile; the warps of a group share its chunks, put their sums into
/// shared memory, and add them there in order.
/// </summary>
/// <typeparam name="TProduct">How a chunk is computed.</typeparam>
internal static class SpreadKernel<TProduct>
    where TProduct : struct, IWarpProduct
{
    /// <summary>Of one group, at most.</summary>
    public const int MostTiles = 8;

    /// <summary>Sums that a tile has for eight rows of the input.</summary>
    public const int TileSums = MatrixLayout.TileRows * 8;

    /// <summary>Chunks of eight rows whose sums there is room for; more than that take turns.</summary>
    public const int Room = 64;

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
        TProduct product = default;
        int chunks = product.Chunks(matrix);
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
                FloatQuad sum = product.Narrow(matrix, input, inputRows, Tile(matrix, Grid.IdxX * groupTiles + tile), first + item - tile * count, rows - firstRow);
                Put(parts, item, lane, sum);
            }

            Group.Barrier();
            for (int i = Group.IdxX; i < groupTiles * TileSums; i += Group.DimX)
                totals[i] = Sum(parts, i / TileSums * count, count, 1, i % TileSums, totals[i]);
            Group.Barrier();
        }

        Store(matrix, input, bias, output, hasBias, rows, firstRow, groupTiles, totals);
    }

    /// <summary>Up to 32 rows of the input a group, one tile. Grid: tiles, 32s of rows. Otherwise as above.</summary>
    public static void Wide(MatrixView matrix, InputView input, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int groupTiles)
    {
        ArrayView<float> parts = SharedMemory.Allocate<float>(Room * TileSums);
        ArrayView<float> totals = SharedMemory.Allocate<float>(4 * TileSums);
        int lane = Warp.LaneIdx;
        TProduct product = default;
        int chunks = product.Chunks(matrix);
        int firstRow = Grid.IdxY * 32;
        for (int i = Group.IdxX; i < 4 * TileSums; i += Group.DimX)
            totals[i] = 0;
        for (int first = 0; first < chunks; first += Room / 4)
        {
            int count = XMath.Min(Room / 4, chunks - first);
            for (int item = Warp.WarpIdx; item < count; item += Group.DimX / 32)
            {
                FloatQuads sums = product.Wide(matrix, input, InputRows.At(firstRow, matrix.Blocks), Tile(matrix, Grid.IdxX), first + item);
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
            Store(matrix, input, bias, output, hasBias, rows, firstRow + i * 8, 1, totals.SubView(i * TileSums, TileSums));
    }

    /// <summary>Where the group's tiles end behind the matrix, its last is computed again and not kept.</summary>
    private static long Tile(MatrixView matrix, int tile) => XMath.Min(tile, (matrix.Rows - 1) / MatrixLayout.TileRows);

    /// <summary>Puts a chunk's sums of a tile to their place among the parts.</summary>
    internal static void Put(ArrayView<float> parts, int item, int lane, FloatQuad sum)
    {
        parts[item * TileSums + lane] = sum.A;
        parts[item * TileSums + lane + 32] = sum.B;
        parts[item * TileSums + lane + 64] = sum.C;
        parts[item * TileSums + lane + 96] = sum.D;
    }

    /// <summary>Adds chunks' sums in order.</summary>
    internal static float Sum(ArrayView<float> parts, int first, int count, int step, int place, float total)
    {
        for (int i = 0; i < count; i++)
            total = Exact.Add(total, parts[(first + i * step) * TileSums + place]);
        return total;
    }

    private static void Store(MatrixView matrix, InputView input, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int firstRow, int groupTiles, ArrayView<float> totals)
    {
        TProduct product = default;
        int present = XMath.Min(8, rows - firstRow);
        for (int i = Group.IdxX; i < groupTiles * MatrixLayout.TileRows * present; i += Group.DimX)
        {
            int column = i / (groupTiles * MatrixLayout.TileRows);
            int place = i - column * groupTiles * MatrixLayout.TileRows;
            int row = Grid.IdxX * groupTiles * MatrixLayout.TileRows + place;
            if (row < matrix.Rows)
            {
                int inTile = place % MatrixLayout.TileRows;
                float total = totals[place / MatrixLayout.TileRows * TileSums + Place(inTile, column)];
                total = product.Finish(input, firstRow + column, total);
                if (hasBias != 0)
                    total = Exact.Add(total, bias[row]);
                output[(long)(firstRow + column) * matrix.Rows + row] = total;
            }
        }
    }

    /// <summary>Where <see cref="Put"/> puts a result of a tile.</summary>
    internal static int Place(int inTile, int column) => ((inTile >> 3) * 2 + (column & 1)) * 32 + (inTile & 7) * 4 + (column >> 1);
}
