using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>What a block's integer products are multiplied by. Every kernel adds through this, which is why all add the same.</summary>
internal interface IScales
{
    /// <summary>Reads a row's scales.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="block">Tile of 16 rows x blocks + block of 32 columns.</param>
    /// <param name="row">Row in the tile.</param>
    RowScale Row(MatrixView matrix, long block, int row);

    /// <summary>Reads the scales of row g and row g + 8.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="block">As above.</param>
    /// <param name="g">Row in the tile, below 8.</param>
    ScalePair Pair(MatrixView matrix, long block, int g);

    /// <summary>Adds a block's part to a row's sum.</summary>
    /// <param name="sum">So far.</param>
    /// <param name="row">The row's scales.</param>
    /// <param name="low">The product of codes, zero subtracted, of the block's first 16 columns.</param>
    /// <param name="high">Of its other 16.</param>
    /// <param name="lowSum">The sum of the input's codes of the first 16 columns.</param>
    /// <param name="highSum">Of the others.</param>
    /// <param name="scale">The input's scale.</param>
    float Add(float sum, RowScale row, int low, int high, int lowSum, int highSum, float scale);

    /// <summary>The weight itself, as the format defines it.</summary>
    /// <param name="row">The row's scales.</param>
    /// <param name="half">Which 16 columns of the block.</param>
    /// <param name="code">The code, zero subtracted.</param>
    float Weight(RowScale row, int half, int code);

    /// <summary>A warp's product of a block: of the first 16 columns where halves have scales of their own, of all 32 elsewhere.</summary>
    IntQuad Low(IntQuad weights, InputTile input, int zero);

    /// <summary>Of the other 16 columns; nothing where <see cref="Low"/> was all.</summary>
    IntQuad High(IntQuad weights, InputTile input, int zero);
}
