using Inference.Ilgpu.Intrinsics;

namespace Inference.Ilgpu.Linear;

/// <summary>What a thread has of the results of a tile of 16 weight rows and 32 rows of the input, eight at a time.</summary>
internal struct FloatQuads
{
    public FloatQuad A;
    public FloatQuad B;
    public FloatQuad C;
    public FloatQuad D;
}
