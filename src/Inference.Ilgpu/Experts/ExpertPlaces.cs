using ILGPU;

namespace Inference.Ilgpu.Experts;

/// <summary>Which experts compute which rows. A place is a row at one of its experts: row x chosen + rank.</summary>
internal struct ExpertPlaces
{
    /// <summary>The expert of each place.</summary>
    public ArrayView<int> Experts;

    /// <summary>The places, sorted by expert.</summary>
    public ArrayView<int> Order;

    /// <summary>Places that share a row of the input: all of a row, or 1 where each place has one of its own.</summary>
    public int Shared;

    /// <summary>Rows of each expert's matrix, rounded up to tiles.</summary>
    public int PaddedRows;

    /// <summary>Rows of each expert's matrix.</summary>
    public int Rows;
}
