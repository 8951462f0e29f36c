namespace Inference.Cpu;

/// <summary>Rows of activations in an order of their own, a row as often as it is named.</summary>
internal unsafe struct GatheredRows
{
    public float* Source;

    /// <summary>Which row of the source stands at each place.</summary>
    public int* Rows;

    public int Columns;

    /// <summary>Copies a row.</summary>
    public static void Compute(void* state, int row, float* destination)
    {
        ref GatheredRows rows = ref *(GatheredRows*)state;
        new ReadOnlySpan<float>(rows.Source + (nint)rows.Rows[row] * rows.Columns, rows.Columns).CopyTo(new Span<float>(destination, rows.Columns));
    }
}
