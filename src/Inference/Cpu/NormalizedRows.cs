namespace Inference.Cpu;

/// <summary>The rows of a residual stream, normalised one by one; see <see cref="RmsNormKernel"/>.</summary>
internal unsafe struct NormalizedRows
{
    public float* Hidden;

    /// <summary>Added to the stream first, or null.</summary>
    public float* Addend;

    public float* Gain;

    public float Epsilon;

    public int Columns;

    /// <summary>Computes a row, and adds to the stream on the way; so it must be called once for each row.</summary>
    public static void Compute(void* state, int row, float* destination)
    {
        ref NormalizedRows rows = ref *(NormalizedRows*)state;
        nint first = (nint)row * rows.Columns;
        RmsNormKernel.Normalize(rows.Hidden + first, rows.Addend == null ? null : rows.Addend + first, rows.Gain, rows.Epsilon, destination, rows.Columns);
    }
}
