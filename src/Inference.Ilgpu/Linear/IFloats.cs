namespace Inference.Ilgpu.Linear;

/// <summary>How a weight that is a number is found.</summary>
internal interface IFloats
{
    /// <param name="matrix">The matrix.</param>
    /// <param name="tile">Tile of 16 rows.</param>
    /// <param name="row">Row in the tile.</param>
    /// <param name="column">Column.</param>
    float Weight(MatrixView matrix, int tile, int row, int column);
}
