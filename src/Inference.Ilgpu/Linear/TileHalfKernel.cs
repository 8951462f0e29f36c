using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>
/// Weights of 16 bits times many rows: eight warps compute 128 weight rows x 128 rows of the input, each 64 x 32. Operands come through shared memory,
/// two steps of 32 columns ahead of the one that is computed; sums of the chunk and of all chunks stay in registers, 64 each, so that a multiprocessor has
/// one group. Computes what <see cref="HalfWarpProduct{TProduct}"/> does.
/// </summary>
/// <typeparam name="TProduct">The type.</typeparam>
internal static class TileHalfKernel<TProduct>
    where TProduct : struct, IHalfProduct
{
    /// <summary>Tiles of weight rows that a group has.</summary>
    public const int GroupTiles = 8;

    /// <summary>Rows of the input that a group has.</summary>
    public const int GroupRows = 128;

    /// <summary>Threads a group.</summary>
    public const int GroupSize = 256;

    /// <summary>Groups along the rows of the input that follow each other, so that those at work together share what they read: a square, not a stripe.</summary>
    private const int PanelGroups = 8;

    private const int Stages = 3;
    private const int ChunkSteps = MatrixLayout.ChunkColumns / (16 * HalfStage.StepBlocks);

    /// <summary>Grid: as many groups as the results take.</summary>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">The rows.</param>
    /// <param name="bias">Read only where <paramref name="hasBias"/> is 1.</param>
    /// <param name="output">[rows, rows of the matrix].</param>
    /// <param name="hasBias">1 or 0.</param>
    /// <param name="rows">Rows of the input.</param>
    /// <param name="tileGroups">Groups along the weight rows.</param>
    public static void Run(MatrixView matrix, InputView input, ArrayView<float> bias, ArrayView<float> output, int hasBias, int rows, int tileGroups)
    {
        ArrayView<IntQuad> stagedWeights = SharedMemory.Allocate<IntQuad>(Stages * HalfStage.Quads);
        ArrayView<IntQuad> stagedRows = SharedMemory.Allocate<IntQuad>(Stages * HalfStage.Quads);
        ArrayView<IntPair> pairs = stagedRows.Cast<IntPair>();
        int panel = Grid.IdxX / (PanelGroups * tileGroups);
        int inPanel = Grid.IdxX - panel * PanelGroups * tileGroups;
        int rowGroups = (rows + GroupRows - 1) / GroupRows;
        int width = XMath.Min(PanelGroups, rowGroups - panel * PanelGroups);
        int tileGroup = inPanel / width;
        int firstTile = tileGroup * GroupTiles;
        int firstRow = (panel * PanelGroups + inPanel - tileGroup * width) * GroupRows;
        HalfStage stage = HalfStage.At(matrix, input, firstTile, firstRow, rows);

        int lane = Warp.LaneIdx;
        int warpTile = Warp.WarpIdx % 2 * 4;
        int warpRow = Warp.WarpIdx / 2 * 32;
        int place = warpTile * 64 + lane;
        int pair = (warpRow + lane / 4) * 8 + (lane / 8 & 1) * 4 + lane % 4;
        int otherPair = pair ^ 4;

        stage.Copy(0, stagedWeights, stagedRows);
        AsyncCopy.Commit();
        stage.Copy(1, stagedWeights.SubView(HalfStage.Quads), stagedRows.SubView(HalfStage.Quads));
        AsyncCopy.Commit();
        AsyncCopy.Wait1();
        Group.Barrier();
        int write = 2;
        int steps = matrix.Blocks / HalfStage.StepBlocks;
        // A warp that has nothing to compute copies for the others, and leaves them the tensor cores.
        if ((firstTile + warpTile) * MatrixLayout.TileRows >= matrix.Rows || firstRow + warpRow >= rows)
        {
            for (int step = 0; step < steps; step++)
            {
                stage.Copy(step + 2, stagedWeights.SubView(write * HalfStage.Quads), stagedRows.SubView(write * HalfStage.Quads));
                AsyncCopy.Commit();
                write = Next(write);
                AsyncCopy.Wait1();
                Group.Barrier();
            }

            return;
        }

        HalfFragments even = HalfFragments.Read(stagedWeights.SubView(place), pairs.SubView(pair));
        int read = 0;
        WarpSums totals = default;
        for (int chunk = 0; chunk * HalfStage.StepBlocks < matrix.Blocks; chunk += ChunkSteps)
        {
            WarpSums sums = default;
            int end = XMath.Min(chunk + ChunkSteps, steps);
            for (int step = chunk; step < end; step++)
            {
                HalfFragments odd = HalfFragments.Read(stagedWeights.SubView(read * HalfStage.Quads + place + 32), pairs.SubView(read * HalfStage.Quads * 2 + otherPair));
                // Everybody has read what was there: the barrier of the last step was behind that.
                stage.Copy(step + 2, stagedWeights.SubView(write * HalfStage.Quads), stagedRows.SubView(write * HalfStage.Quads));
                AsyncCopy.Commit();
                sums = even.Multiply<TProduct>(sums);
                read = Next(read);
                write = Next(write);
                AsyncCopy.Wait1();
                Group.Barrier();
                // While these are on their way there is something to compute.
                even = HalfFragments.Read(stagedWeights.SubView(read * HalfStage.Quads + place), pairs.SubView(read * HalfStage.Quads * 2 + pair));
                sums = odd.Multiply<TProduct>(sums);
            }

            if ((matrix.Blocks & 1) != 0 && chunk + ChunkSteps > steps)
                sums = even.Multiply<TProduct>(sums);
            totals = WarpSums.Add(totals, sums);
        }

        HalfOutput store = HalfOutput.At(matrix, bias, hasBias, firstTile * MatrixLayout.TileRows + warpTile * MatrixLayout.TileRows + lane / 4);
        int inputRow = firstRow + warpRow + lane % 4 * 2;
        store.Write(input, output, rows, inputRow, totals.A.A, totals.B.A, totals.C.A, totals.D.A);
        store.Write(input, output, rows, inputRow + 8, totals.A.B, totals.B.B, totals.C.B, totals.D.B);
        store.Write(input, output, rows, inputRow + 16, totals.A.C, totals.B.C, totals.C.C, totals.D.C);
        store.Write(input, output, rows, inputRow + 24, totals.A.D, totals.B.D, totals.C.D, totals.D.D);
    }

    private static int Next(int slot)
    {
        int next = slot + 1;
        if (next == Stages)
            next = 0;
        return next;
    }
}
