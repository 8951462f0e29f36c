namespace Inference.Ilgpu.Intrinsics;

/// <summary>Four words that a thread reads at once.</summary>
internal struct IntQuad
{
    public int A;
    public int B;
    public int C;
    public int D;
}
