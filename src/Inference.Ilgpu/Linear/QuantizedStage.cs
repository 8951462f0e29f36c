using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Two blocks of a group's weights and input in shared memory: where they lie there, how they come, and how a warp reads them.</summary>
/// <remarks>
/// Weights lie as in the matrix. Of the rows of the input, rows 2 and 3 of each four have their two blocks of codes in turned order: so the eight
/// rows by four pairs of words that a warp reads at once are in 32 different banks twice, and not in 16 four times.
/// </remarks>
/// <typeparam name="TCodes">Where codes are.</typeparam>
/// <typeparam name="TScales">What they are multiplied by.</typeparam>
internal static class QuantizedStage<TCodes, TScales>
    where TCodes : struct, ICodes
    where TScales : struct, IScales
{
    /// <summary>Tiles of weights, at most.</summary>
    public const int MostTiles = 8;

    /// <summary>Rows of the input, at most.</summary>
    public const int MostRows = 128;

    /// <summary>All of it, by 16 bytes.</summary>
    public const int Quads = SumStart + MostRows;

    private const int ScaleStart = MostTiles * 64;
    private const int InputStart = ScaleStart + MostTiles * 32;
    private const int InputScaleStart = InputStart + MostRows * 4;
    private const int SumStart = InputScaleStart + MostRows / 2;

    /// <summary>Begins to bring two blocks; all threads of the group take part.</summary>
    /// <param name="memory">Shared memory.</param>
    /// <param name="start">Where the stage begins in it.</param>
    /// <param name="matrix">The weights.</param>
    /// <param name="input">The rows; readable as far as the group's go.</param>
    /// <param name="block">The first of the two blocks.</param>
    /// <param name="firstTile">The group's first tile. Those behind the matrix are its last one again.</param>
    /// <param name="tiles">How many it has.</param>
    /// <param name="firstRow">Its first row of the input.</param>
    /// <param name="rows">How many it has.</param>
    /// <param name="thread">The calling thread's number in its group.</param>
    public static void Fetch(ArrayView<IntQuad> memory, int start, MatrixView matrix, InputView input, int block, int firstTile, int tiles, int firstRow, int rows, int thread)
    {
        // Numbers are shifted and masked: of a remainder the assembler makes a division.
        TCodes codes = default;
        TScales scales = default;
        int lastTile = (matrix.Rows - 1) / MatrixLayout.TileRows;
        for (int i = thread; i < tiles << codes.StagedBits; i += Group.DimX)
        {
            int tile = i >> codes.StagedBits;
            int place = XMath.Min(firstTile + tile, lastTile) * matrix.Blocks + block;
            codes.Stage(matrix, place >> 1, i & ((1 << codes.StagedBits) - 1), memory, start + (tile << codes.StagedBits));
        }

        for (int i = thread; i < tiles << scales.StagedBits; i += Group.DimX)
        {
            int tile = i >> scales.StagedBits;
            int place = XMath.Min(firstTile + tile, lastTile) * matrix.Blocks + block;
            scales.Stage(matrix, place, i & ((1 << scales.StagedBits) - 1), memory, start + ScaleStart + (tile << scales.StagedBits));
        }

        int rowPairs = matrix.Blocks >> 1;
        int first = firstRow * rowPairs + (block >> 1);
        ArrayView<IntQuad> inputCodes = input.CodeQuads;
        for (int i = thread; i < rows * 4; i += Group.DimX)
        {
            int row = i >> 2;
            AsyncCopy.Copy16(ref inputCodes[(first + row * rowPairs) * 4 + (i & 3)], ref memory[start + InputStart + (i ^ (row & 2))]);
        }

        ArrayView<IntPair> inputScales = input.ScalePairs;
        ArrayView<IntQuad> inputSums = input.SumQuads;
        ArrayView<IntPair> pairs = memory.AsAligned(16).Cast<IntPair>();
        for (int row = thread; row < rows; row += Group.DimX)
        {
            AsyncCopy.Copy8(ref inputScales[first + row * rowPairs], ref pairs[(start + InputScaleStart) * 2 + row]);
            AsyncCopy.Copy16(ref inputSums[first + row * rowPairs], ref memory[start + SumStart + row]);
        }
    }

    /// <summary>A thread's words of two blocks of a tile.</summary>
    public static CodePair Codes(ArrayView<IntQuad> memory, int start, int tile, int pair, int lane)
    {
        TCodes codes = default;
        return codes.Staged(memory, start + (tile << codes.StagedBits), pair, lane);
    }

    /// <summary>The scales of a thread's two rows of a tile.</summary>
    public static ScalePair Scales(ArrayView<IntQuad> memory, int start, int tile, int odd, int lane)
    {
        TScales scales = default;
        return scales.Staged(memory.AsAligned(16).Cast<int>(), (start + ScaleStart + (tile << scales.StagedBits)) * 4, odd, lane >> 2, default(TCodes).Unit);
    }

    /// <summary>A thread's part of a block of eight rows of the input.</summary>
    /// <param name="memory">Shared memory.</param>
    /// <param name="start">Where the stage begins in it.</param>
    /// <param name="first">The first of the rows, counted from the group's first.</param>
    /// <param name="odd">0 for the first block, 1 for the second.</param>
    /// <param name="lane">The calling thread's number in its warp.</param>
    public static InputTile Input(ArrayView<IntQuad> memory, int start, int first, int odd, int lane)
    {
        int g = lane >> 2;
        int t = lane & 3;
        InputTile tile = default;
        tile.Codes = memory.AsAligned(16).Cast<IntPair>()[(start + InputStart + (first + g) * 4) * 2 + ((odd * 4 + t) ^ (g & 2) << 1)];
        IntQuad scales = memory[start + InputScaleStart + (first >> 1) + t];
        IntQuad left = memory[start + SumStart + first + t * 2];
        IntQuad right = memory[start + SumStart + first + t * 2 + 1];
        if (odd == 0)
        {
            tile.LeftScale = Interop.IntAsFloat((uint)scales.A);
            tile.RightScale = Interop.IntAsFloat((uint)scales.C);
            tile.LeftSums.A = left.A;
            tile.LeftSums.B = left.B;
            tile.RightSums.A = right.A;
            tile.RightSums.B = right.B;
        }
        else
        {
            tile.LeftScale = Interop.IntAsFloat((uint)scales.B);
            tile.RightScale = Interop.IntAsFloat((uint)scales.D);
            tile.LeftSums.A = left.C;
            tile.LeftSums.B = left.D;
            tile.RightSums.A = right.C;
            tile.RightSums.B = right.D;
        }

        return tile;
    }
}
