namespace Inference.Ilgpu.Linear;

/// <summary>What a block's integer products are multiplied by. Every kernel adds through this, which is why all add the same.</summary>
internal interface IScales
{
    /// <summary>Adds a block's part to a row's sum.</summary>
    /// <param name="sum">So far.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="tile">Tile of 16 rows.</param>
    /// <param name="block">Block of 32 columns.</param>
    /// <param name="row">Row in the tile.</param>
    /// <param name="low">The product of codes, zero subtracted, of the block's first 16 columns.</param>
    /// <param name="high">Of its other 16.</param>
    /// <param name="lowSum">The sum of the input's codes of the first 16 columns.</param>
    /// <param name="highSum">Of the others.</param>
    /// <param name="scale">The input's scale.</param>
    float Add(float sum, MatrixView matrix, int tile, int block, int row, int low, int high, int lowSum, int highSum, float scale);

    /// <summary>The weight itself, as the format defines it.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="tile">Tile of 16 rows.</param>
    /// <param name="block">Block of 32 columns.</param>
    /// <param name="row">Row in the tile.</param>
    /// <param name="half">Which 16 columns of the block.</param>
    /// <param name="code">The code, zero subtracted.</param>
    float Weight(MatrixView matrix, int tile, int block, int row, int half, int code);
}
