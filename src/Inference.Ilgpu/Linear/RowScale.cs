namespace Inference.Ilgpu.Linear;

/// <summary>What the codes of a row and block are multiplied by, read and widened; what each form puts where is its own business.</summary>
internal struct RowScale
{
    public float A;
    public float B;
    public float C;
    public float D;
    public int E;
    public int F;
}
