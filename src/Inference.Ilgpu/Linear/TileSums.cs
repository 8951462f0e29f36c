namespace Inference.Ilgpu.Linear;

/// <summary>What a thread has of the results of a tile of 16 weight rows and up to 64 rows of the input.</summary>
internal struct TileSums
{
    /// <summary>Of the first 32 rows of the input.</summary>
    public FloatQuads First;

    /// <summary>Of the others.</summary>
    public FloatQuads Second;
}
