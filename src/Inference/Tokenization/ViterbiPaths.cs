namespace Inference.Tokenization;

/// <summary>For each place in a piece, the best way from its start. Scratch of one call; it keeps its memory from piece to piece.</summary>
internal sealed class ViterbiPaths
{
    private Place[] _places = new Place[64];

    /// <summary>How many bytes have been followed in the vocabulary since the paths were made.</summary>
    public long Steps { get; set; }

    /// <summary>Forgets all ways, and makes room.</summary>
    /// <param name="length">The length of the piece.</param>
    public Span<Place> Start(int length)
    {
        if (_places.Length <= length)
            _places = new Place[Math.Max(length + 1, 2 * _places.Length)];
        Span<Place> places = _places.AsSpan(0, length + 1);
        places.Fill(new Place(double.NegativeInfinity, -1, -1));
        places[0] = new Place(0, -1, -1);
        return places;
    }

    /// <summary>The best way to a place.</summary>
    /// <param name="Score">The sum of its tokens' scores.</param>
    /// <param name="From">Where its last token starts.</param>
    /// <param name="Id">That token; -1 for a character that is none.</param>
    internal record struct Place(double Score, int From, int Id);
}
