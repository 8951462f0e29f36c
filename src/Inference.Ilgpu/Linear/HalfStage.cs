using ILGPU;
using ILGPU.Algorithms;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>
/// What a thread copies of each step of <see cref="StepBlocks"/> blocks, 128 weight rows and 128 rows of the input, to shared memory: of each operand
/// two pieces of 16 bytes, the second one half of the rows further.
/// </summary>
/// <remarks>
/// Weights stay in the order in which threads take them: a warp reads 512 bytes side by side. Rows of the input lie behind each other, 64 bytes each;
/// where bit 1 of a row's number is set its two blocks change places, so that the eight bytes each that 16 threads read at once, of four rows, are in 32
/// different banks. Both lie in global memory as they are wanted, which leaves nothing to transpose.
/// </remarks>
internal struct HalfStage
{
    /// <summary>Blocks of 16 columns a step.</summary>
    public const int StepBlocks = 2;

    /// <summary>Of each operand a step, by 16 bytes.</summary>
    public const int Quads = 512;

    // What lies from here on. Views rather than numbers: a step then adds one offset to each.
    private ArrayView<IntQuad> _firstWeights;
    private ArrayView<IntQuad> _secondWeights;
    private ArrayView<IntQuad> _firstRow;
    private ArrayView<IntQuad> _secondRow;
    private int _blocks;
    private int _weightBlock;
    private int _rowBlock;
    private int _weightPlace;
    private int _rowPlace;

    /// <param name="matrix">The weights.</param>
    /// <param name="input">The rows.</param>
    /// <param name="tile">First of the group's eight tiles; where they end behind the matrix, the last one counts again.</param>
    /// <param name="row">First of the group's rows; the same.</param>
    /// <param name="rows">Rows of the input.</param>
    public static HalfStage At(MatrixView matrix, InputView input, int tile, int row, int rows)
    {
        int thread = Group.IdxX;
        int lastTile = (matrix.Rows - 1) / MatrixLayout.TileRows;
        int firstTile = tile + thread / 64;
        int firstRow = row + thread / 4;
        int piece = thread % 4;
        HalfStage stage = default;
        stage._blocks = matrix.Blocks;
        stage._firstWeights = matrix.CodeQuads.SubView((long)XMath.Min(firstTile, lastTile) * matrix.Blocks * 32 + thread % 32);
        stage._secondWeights = matrix.CodeQuads.SubView((long)XMath.Min(firstTile + 4, lastTile) * matrix.Blocks * 32 + thread % 32);
        stage._weightBlock = thread / 32 & 1;
        stage._weightPlace = thread;
        stage._firstRow = input.CodeQuads.SubView((long)XMath.Min(firstRow, rows - 1) * matrix.Blocks * 2 + piece % 2);
        stage._secondRow = input.CodeQuads.SubView((long)XMath.Min(firstRow + 64, rows - 1) * matrix.Blocks * 2 + piece % 2);
        stage._rowBlock = piece / 2;
        stage._rowPlace = thread / 4 * 4 + (piece ^ (thread / 8 & 1) * 2);
        return stage;
    }

    /// <summary>Begins to copy a step, as far as there are columns.</summary>
    /// <param name="step">Which step.</param>
    /// <param name="weights">Receives the weights.</param>
    /// <param name="rows">Receives the input.</param>
    public readonly void Copy(int step, ArrayView<IntQuad> weights, ArrayView<IntQuad> rows)
    {
        int block = step * StepBlocks + _weightBlock;
        if (block < _blocks)
        {
            AsyncCopy.Copy16(ref _firstWeights[block * 32], ref weights.SubView(_weightPlace)[0]);
            AsyncCopy.Copy16(ref _secondWeights[block * 32], ref weights.SubView(_weightPlace)[256]);
        }

        block = step * StepBlocks + _rowBlock;
        if (block < _blocks)
        {
            AsyncCopy.Copy16(ref _firstRow[block * 2], ref rows.SubView(_rowPlace)[0]);
            AsyncCopy.Copy16(ref _secondRow[block * 2], ref rows.SubView(_rowPlace)[256]);
        }
    }
}
