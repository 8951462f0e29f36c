using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>Activations as 8-bit codes, with a scale for each 32: [rows, blocks].</summary>
internal struct InputView
{
    /// <summary>Eight words a block. Words 2 t and 2 t + 1 have columns 4 t to 4 t + 3, and those 16 further: what a thread of a warp takes at once.</summary>
    public ArrayView<int> Codes;

    /// <summary>One a block.</summary>
    public ArrayView<float> Scales;

    /// <summary>Two a block: the sums of the codes of its halves.</summary>
    public ArrayView<int> Sums;

    /// <summary>The codes as what a thread takes at once.</summary>
    public readonly ArrayView<IntPair> CodePairs => Codes.AsAligned(8).Cast<IntPair>();

    /// <summary>The codes by 16 bytes.</summary>
    public readonly ArrayView<IntQuad> CodeQuads => Codes.AsAligned(16).Cast<IntQuad>();

    /// <summary>The sums, a block at once.</summary>
    public readonly ArrayView<IntPair> SumPairs => Sums.AsAligned(8).Cast<IntPair>();
}
