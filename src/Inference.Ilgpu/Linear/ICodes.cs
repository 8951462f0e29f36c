using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>How a word of four codes is found.</summary>
internal interface ICodes
{
    /// <summary>A thread's word of a block, each byte a code; of 8-bit codes the number itself.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="block">Tile of 16 rows x blocks + block of 32 columns.</param>
    /// <param name="word">4 x thread + register.</param>
    int Word(MatrixView matrix, long block, int word);

    /// <summary>Reads a thread's words of two blocks.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="pair">Half the number of the first of the two, as above.</param>
    /// <param name="lane">The thread.</param>
    CodePair Load(MatrixView matrix, long pair, int lane);

    /// <summary>The words of the first block.</summary>
    IntQuad Even(CodePair pair);

    /// <summary>The words of the second.</summary>
    IntQuad Odd(CodePair pair);

    /// <summary>The code that stands for zero.</summary>
    int Zero(MatrixView matrix);
}
