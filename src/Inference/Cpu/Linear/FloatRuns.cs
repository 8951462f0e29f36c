namespace Inference.Cpu.Linear;

/// <summary>The order of additions of all kernels of plain numbers.</summary>
/// <remarks>
/// Columns are cut into runs of fixed length. In a run, fused multiplications and additions go column by column from zero; the sums of the
/// runs are added one after the other, to zero first. Pairs of bfloat16 count as one column, whose second product is added first. So the
/// rounding errors of a long row stay those of a short one, and kernels may convert a run of weights once for many rows.
/// </remarks>
internal static class FloatRuns
{
    /// <summary>Columns of a run, the last one of a row aside.</summary>
    public const int Columns = 256;
}
