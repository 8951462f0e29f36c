using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;
using Inference.Ilgpu.Linear;

namespace Inference.Ilgpu.Experts;

/// <summary>
/// Weights of experts times the rows of up to eight places each, wherever those rows are: <see cref="SpreadKernel{TProduct}"/> with the same
/// additions in the same order, and so with the same bits.
/// </summary>
/// <typeparam name="TProduct">How a chunk is computed.</typeparam>
internal static class ExpertSpreadKernel<TProduct>
    where TProduct : struct, IWarpProduct
{
    /// <summary>Grid: slots, groups of tiles of an expert's matrix.</summary>
    /// <param name="stack">The weights of all experts.</param>
    /// <param name="input">The rows.</param>
    /// <param name="places">Who computes what.</param>
    /// <param name="biases">[experts, rows]; read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[places, rows].</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="groupTiles">Tiles a group, as with <see cref="SpreadKernel{TProduct}.Narrow"/>.</param>
    public static void Run(MatrixView stack, InputView input, ExpertPlaces places, ArrayView<float> biases, ArrayView<float> output, int hasBias, int groupTiles)
    {
        ArrayView<float> parts = SharedMemory.Allocate<float>(SpreadKernel<TProduct>.Room * SpreadKernel<TProduct>.TileSums);
        ArrayView<float> totals = SharedMemory.Allocate<float>(SpreadKernel<TProduct>.MostTiles * SpreadKernel<TProduct>.TileSums);
        int slot = places.Slots[Grid.IdxX * 2];
        // Nobody's: the number of slots is the most that any routing takes.
        if (slot < 0)
            return;
        int expert = places.Slots[Grid.IdxX * 2 + 1];
        int first = slot / ExpertPlaces.SlotPlaces;
        int count = slot % ExpertPlaces.SlotPlaces + 1;
        int lane = Warp.LaneIdx;
        int tiles = places.PaddedRows / MatrixLayout.TileRows;
        int firstTile = Grid.IdxY * groupTiles;
        TProduct product = default;
        int chunks = product.Chunks(stack);
        InputRows rows = InputRows.Of(
            Row(places, first, count, lane / 4),
            Row(places, first, count, lane % 4 * 2),
            Row(places, first, count, lane % 4 * 2 + 1),
            stack.Blocks);
        for (int i = Group.IdxX; i < groupTiles * SpreadKernel<TProduct>.TileSums; i += Group.DimX)
            totals[i] = 0;
        for (int chunk = 0; chunk < chunks; chunk += SpreadKernel<TProduct>.Room)
        {
            int some = XMath.Min(SpreadKernel<TProduct>.Room, chunks - chunk);
            for (int item = Warp.WarpIdx; item < groupTiles * some; item += Group.DimX / 32)
            {
                int inGroup = item / some;
                // Where the group's tiles end behind the matrix, its last is computed again and not kept.
                long tile = (long)expert * tiles + XMath.Min(firstTile + inGroup, tiles - 1);
                FloatQuad sum = product.Narrow(stack, input, rows, tile, chunk + item - inGroup * some, count);
                SpreadKernel<TProduct>.Put(parts, item, lane, sum);
            }

            Group.Barrier();
            for (int i = Group.IdxX; i < groupTiles * SpreadKernel<TProduct>.TileSums; i += Group.DimX)
                totals[i] = SpreadKernel<TProduct>.Sum(parts, i / SpreadKernel<TProduct>.TileSums * some, some, 1, i % SpreadKernel<TProduct>.TileSums, totals[i]);
            Group.Barrier();
        }

        int groupRows = groupTiles * MatrixLayout.TileRows;
        for (int i = Group.IdxX; i < groupRows * count; i += Group.DimX)
        {
            int column = i / groupRows;
            int inGroup = i - column * groupRows;
            int row = firstTile * MatrixLayout.TileRows + inGroup;
            if (row < places.Rows)
            {
                int place = places.Order[first + column];
                float total = totals[inGroup / MatrixLayout.TileRows * SpreadKernel<TProduct>.TileSums + SpreadKernel<TProduct>.Place(inGroup % MatrixLayout.TileRows, column)];
                total = product.Finish(input, place / places.Shared, total);
                if (hasBias != 0)
                    total = Exact.Add(total, biases[(long)expert * places.Rows + row]);
                output[(long)place * places.Rows + row] = total;
            }
        }
    }

    /// <summary>The row of the input of one of a slot's places; where there are fewer, of its last.</summary>
    private static int Row(ExpertPlaces places, int first, int count, int column) => places.Order[first + XMath.Min(column, count - 1)] / places.Shared;
}
