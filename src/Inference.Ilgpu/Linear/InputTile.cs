using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>What a thread has of eight rows of the input in one block: the codes of row g = thread / 4, scales and sums of rows 2 t and 2 t + 1, t = thread mod 4.</summary>
internal struct InputTile
{
    public IntPair Codes;

    public float LeftScale;

    public float RightScale;

    /// <summary>Of the codes of row 2 t: of the first 16 columns, and of the others.</summary>
    public IntPair LeftSums;

    /// <summary>Of row 2 t + 1.</summary>
    public IntPair RightSums;
}
