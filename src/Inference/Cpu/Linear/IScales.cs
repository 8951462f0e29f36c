namespace Inference.Cpu.Linear;

/// <summary>Reads the scales of a super-block of a panel; see <see cref="PanelLayout"/>.</summary>
/// <remarks>
/// With integers I, the sum over the block's groups of sub-scale x code x input, and J, the negated sum of sub-minimum x input, a block adds
/// I x (scale x input scale), then J x (minimum x input scale), each with one rounding. Where all 32 columns share one sub-scale it is
/// part of the scale instead, rounded once for all rows of the input, and so is the sub-minimum.
/// </remarks>
internal unsafe interface IScales<T>
    where T : unmanaged
{
    /// <summary>Blocks of 32 columns in a super-block.</summary>
    static abstract int Blocks { get; }

    /// <summary>Bytes of a super-block's scales.</summary>
    static abstract int Bytes { get; }

    /// <summary>The scale of a super-block.</summary>
    /// <param name="scales">The first byte of the super-block's scales.</param>
    /// <param name="row">The register's first row in the panel.</param>
    static abstract T Scale(byte* scales, int row);

    /// <summary>The minimum of a super-block; anything where there is none.</summary>
    static abstract T Minimum(byte* scales, int row);

    /// <summary>The scale of one block: the super-block's, or its product with the block's own sub-scale.</summary>
    static abstract T BlockScale(T scale, byte* scales, int block, int row);

    /// <summary>The minimum of one block, likewise.</summary>
    static abstract T BlockMinimum(T minimum, byte* scales, int block, int row);

    /// <summary>The sub-scale of the first or second 16 columns of a block, in both 16-bit halves of each lane.</summary>
    static abstract T SubScale(byte* scales, int block, int half, int row);

    /// <summary>The sub-minima of the first and second 16 columns of a block in the two 16-bit halves of each lane; anything where there are none.</summary>
    static abstract T SubMinima(byte* scales, int block, int row);

    /// <summary>Adds the minimum's part of one block to a sum.</summary>
    static abstract T AddMinimum(T sum, T minimum, T subMinima, T inputScale, byte* input);
}
