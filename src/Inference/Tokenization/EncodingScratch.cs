using System.Buffers;

namespace Inference.Tokenization;

/// <summary>What one call of encoding works with; it keeps its memory from piece to piece. Not thread-safe.</summary>
internal sealed class EncodingScratch
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
    public ArrayBufferWriter<byte> Written { get; private set; } = new();

    /// <summary>Where the next normaliser writes.</summary>
    public ArrayBufferWriter<byte> Spare { get; private set; } = new();

    /// <summary>Applies normalisers.</summary>
    /// <returns>The result, valid until the next call.</returns>
    public ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> text, bool isStart, IReadOnlyList<Normalizer> normalizers)
    {
        for (int i = 0; i < normalizers.Count; i++)
        {
            Spare.ResetWrittenCount();
            normalizers[i].Apply(text, isStart, Spare);
            (Spare, Written) = (Written, Spare);
            text = Written.WrittenSpan;
        }

        return text;
    }
}
