using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>A block format that can be read 32 weights at a time in registers, without a copy in memory.</summary>
internal unsafe interface IRunLayout : IBlockLayout
{
    /// <summary>The codes of one run of 32 weights; where there is a codebook, indices into it.</summary>
    /// <param name="block">A stored block.</param>
    /// <param name="run">The run.</param>
    static abstract (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run);

    /// <summary>Where the block has its scale, an F16.</summary>
    static virtual int ScaleOffset => 0;

    /// <summary>Where it has its minimum, an F16.</summary>
    static virtual int MinimumOffset => sizeof(ushort);

    /// <summary>Whether the stored minimum is added, and not subtracted.</summary>
    static virtual bool AddsMinimum => false;

    /// <summary>What the scale is multiplied by for each group: signed bytes.</summary>
    static virtual Vector128<byte> SubScales(byte* block) => throw new NotSupportedException("This format has one scale a block.");

    /// <summary>What the minimum is multiplied by for each group: signed bytes.</summary>
    static virtual Vector128<byte> SubMinima(byte* block) => throw new NotSupportedException("This format has no minima of groups.");
}
