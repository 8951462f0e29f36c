using ILGPU;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>How a word of four codes is found.</summary>
internal interface ICodes
{
    /// <summary>A thread's word of a block, each byte a code; of signed codes in what <see cref="Unit"/> says.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="block">Tile of 16 rows x blocks + block of 32 columns.</param>
    /// <param name="word">4 x thread + register.</param>
    int Word(MatrixView matrix, long block, int word);

    /// <summary>Reads a thread's words of two blocks.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="pair">Half the number of the first of the two, as above.</param>
    /// <param name="lane">The thread.</param>
    CodePair Load(MatrixView matrix, int pair, int lane);

    /// <summary>Two to this power parts of 16 bytes have two blocks.</summary>
    int StagedBits { get; }

    /// <summary>Begins to copy one of those parts into shared memory.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="pair">As above.</param>
    /// <param name="part">Which part.</param>
    /// <param name="target">Where the pair's parts go.</param>
    /// <param name="place">And from which of its elements on.</param>
    void Stage(MatrixView matrix, int pair, int part, ArrayView<IntQuad> target, int place);

    /// <summary>Reads a thread's words of two blocks from shared memory.</summary>
    /// <param name="staged">Where the parts are.</param>
    /// <param name="place">From which element on.</param>
    /// <param name="pair">As above.</param>
    /// <param name="lane">The thread.</param>
    CodePair Staged(ArrayView<IntQuad> staged, int place, int pair, int lane);

    /// <summary>The words of the first block.</summary>
    IntQuad Even(CodePair pair);

    /// <summary>The words of the second.</summary>
    IntQuad Odd(CodePair pair);

    /// <summary>What a code counts: signed codes of fewer than eight bits are shifted to the top of a byte.</summary>
    float Unit { get; }
}
