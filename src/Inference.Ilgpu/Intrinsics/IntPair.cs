namespace Inference.Ilgpu.Intrinsics;

/// <summary>Two words that a thread reads at once.</summary>
internal struct IntPair
{
    public int A;
    public int B;
}
