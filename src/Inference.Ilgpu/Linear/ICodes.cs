namespace Inference.Ilgpu.Linear;

/// <summary>How a word of four codes is found.</summary>
internal interface ICodes
{
    /// <summary>A thread's word of a block, each byte a code; of 8-bit codes the number itself.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="tile">Tile of 16 rows.</param>
    /// <param name="block">Block of 32 columns.</param>
    /// <param name="word">4 x thread + register.</param>
    int Word(MatrixView matrix, int tile, int block, int word);
}
