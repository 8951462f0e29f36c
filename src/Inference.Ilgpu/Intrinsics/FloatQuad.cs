namespace Inference.Ilgpu.Intrinsics;

/// <summary>What a thread has of a 16 x 8 result: of row g = thread / 4 the columns c = 2 (thread mod 4) and c + 1, of row g + 8 the same.</summary>
internal struct FloatQuad
{
    public float A;
    public float B;
    public float C;
    public float D;
}
