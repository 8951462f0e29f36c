using ILGPU;

namespace Inference.Ilgpu.Experts;

/// <summary>Which experts compute which rows. A place is a row at one of its experts: row x chosen + rank.</summary>
internal struct ExpertPlaces
{
    /// <summary>Places of one expert that are computed together, at most.</summary>
    public const int SlotPlaces = 8;

    /// <summary>The expert of each place.</summary>
    public ArrayView<int> Experts;

    /// <summary>The places, sorted by expert.</summary>
    public ArrayView<int> Order;

    /// <summary>
    /// Places that are computed together, two numbers each: <see cref="SlotPlaces"/> times where they begin in the order, plus how many there are
    /// less one; and their expert. A slot that is nobody's is negative.
    /// </summary>
    public ArrayView<int> Slots;

    /// <summary>Places that share a row of the input: all of a row, or 1 where each place has one of its own.</summary>
    public int Shared;

    /// <summary>Rows of each expert's matrix, rounded up to tiles.</summary>
    public int PaddedRows;

    /// <summary>Rows of each expert's matrix.</summary>
    public int Rows;

    /// <summary>Whether every eighth of all places begins a slot (see <see cref="OrderKernel"/>), which takes fewer where there are many.</summary>
    public static bool ArePacked(int places, int experts) => (places / SlotPlaces) + experts < places;

    /// <summary>The most slots that any routing takes; the host knows no more.</summary>
    public static int SlotCount(int places, int experts) => ArePacked(places, experts) ? (places / SlotPlaces) + experts : places;
}
