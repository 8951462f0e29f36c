using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>What a block's integer products are multiplied by. Every kernel adds through this, which is why all add the same.</summary>
internal interface IScales
{
    /// <summary>Reads a row's scales.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="block">Tile of 16 rows x blocks + block of 32 columns.</param>
    /// <param name="row">Row in the tile.</param>
    /// <param name="unit">What the codes count; only where some are signed.</param>
    RowScale Row(MatrixView matrix, long block, int row, float unit);

    /// <summary>Reads the scales of row g and row g + 8.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="super">Block / 8: the same variable for all blocks of the eight, so that what they share is read once.</param>
    /// <param name="block">As above.</param>
    /// <param name="g">Row in the tile, below 8.</param>
    /// <param name="unit">As above.</param>
    ScalePair Pair(MatrixView matrix, int super, int block, int g, float unit);

    /// <summary>Two to this power parts of 16 bytes have the scales of two blocks.</summary>
    int StagedBits { get; }

    /// <summary>Begins to copy one of those parts into shared memory.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="block">As above, of the first of the two.</param>
    /// <param name="part">Which part.</param>
    /// <param name="target">Where the parts go.</param>
    /// <param name="place">And from which of its elements on.</param>
    void Stage(MatrixView matrix, int block, int part, ArrayView<IntQuad> target, int place);

    /// <summary>Reads the scales of row g and row g + 8 from shared memory.</summary>
    /// <param name="staged">Where the parts are, by words.</param>
    /// <param name="place">From which word on.</param>
    /// <param name="odd">0 for the first block, 1 for the second.</param>
    /// <param name="g">Row in the tile, below 8.</param>
    /// <param name="unit">As above.</param>
    ScalePair Staged(ArrayView<int> staged, int place, int odd, int g, float unit);

    /// <summary>Adds a block's part to a row's sum.</summary>
    /// <param name="sum">So far.</param>
    /// <param name="row">The row's scales.</param>
    /// <param name="low">The product of codes of the block's first 16 columns.</param>
    /// <param name="high">Of its other 16.</param>
    /// <param name="lowSum">The sum of the input's codes of the first 16 columns.</param>
    /// <param name="highSum">Of the others.</param>
    /// <param name="scale">The input's scale.</param>
    float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale);

    /// <summary>The weight itself, as the format defines it.</summary>
    /// <param name="row">The row's scales.</param>
    /// <param name="half">Which 16 columns of the block.</param>
    /// <param name="code">The code.</param>
    float Weight(RowScale row, int half, int code);

    /// <summary>A warp's product of a block: of the first 16 columns where halves have scales of their own, of all 32 elsewhere.</summary>
    IntQuad Low(IntQuad weights, InputTile input);

    /// <summary>Of the other 16 columns; nothing where <see cref="Low"/> was all.</summary>
    IntQuad High(IntQuad weights, InputTile input);
}
