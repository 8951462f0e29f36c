namespace Inference.Ilgpu.Linear;

/// <summary>The scales of the two rows that a thread has of a tile.</summary>
internal struct ScalePair
{
    /// <summary>Of row g = thread / 4.</summary>
    public RowScale Lower;

    /// <summary>Of row g + 8.</summary>
    public RowScale Upper;
}
