namespace Inference.Cpu;

/// <summary>The rows of a residual stream, normalised one by one; see <see cref="NormKernel"/>.</summary>
internal unsafe struct NormalizedRows
{
    public float* Hidden;

    /// <summary>Added to the stream first, or null.</summary>
    public float* Addend;

    public CpuNorm Norm;

    public int Columns;

    /// <summary>Computes a row, and adds to the stream on the way; so it must be called once for each row.</summary>
    public static void Compute(void* state, int row, float* destination)
    {
        ref NormalizedRows rows = ref *(NormalizedRows*)state;
        nint first = (nint)row * rows.Columns;
        NormKernel.Normalize(rows.Hidden + first, rows.Addend == null ? null : rows.Addend + first, rows.Norm, destination, rows.Columns);
    }
}
