namespace Inference.Tokenization;

/// <summary>What one call of encoding works with; it keeps its memory from piece to piece. Not thread-safe.</summary>
/// <param name="path">The file that says how to encode, for errors.</param>
/// <param name="length">The length of the text, of which everything together that is made must stay in proportion.</param>
internal sealed class EncodingScratch(string path, int length)
{
    /// <summary>The symbols of a piece that merges.</summary>
    public SymbolChain Symbols { get; } = new();

    /// <summary>The best ways to the places in a piece.</summary>
    public ViterbiPaths Paths { get; } = new();

    /// <summary>The pieces of a text.</summary>
    public List<TextPiece> Pieces { get; set; } = [];

    /// <summary>The pieces of the stage after.</summary>
    public List<TextPiece> NextPieces { get; set; } = [];

    /// <summary>Text that a normaliser wrote.</summary>
    public TextBuffer Written { get; private set; } = new(path, TextBuffer.LimitFor(length));

    /// <summary>Where the next normaliser writes.</summary>
    public TextBuffer Spare { get; private set; } = new(path, TextBuffer.LimitFor(length));

    /// <summary>The pieces that a stage has rewritten, one after the other.</summary>
    public TextBuffer Rewritten { get; } = new(path, TextBuffer.LimitFor(length));

    /// <summary>Applies normalisers.</summary>
    /// <returns>The result, valid until the next call.</returns>
    /// <exception cref="Formats.ModelFormatException">They make the text out of all proportion longer.</exception>
    public ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> text, bool isStart, IReadOnlyList<Normalizer> normalizers)
    {
        for (int i = 0; i < normalizers.Count; i++)
        {
            Spare.Clear();
            normalizers[i].Apply(text, isStart, Spare);
            (Spare, Written) = (Written, Spare);
            text = Written.WrittenSpan;
        }

        return text;
    }
}
