using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>What a thread of a warp reads of the codes of two blocks.</summary>
internal struct CodePair
{
    public IntQuad First;
    public IntQuad Second;
}
