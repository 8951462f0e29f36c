namespace Inference.Tokenization;

/// <summary>Cuts a text into the pieces that merging never crosses. Immutable; linear in the text.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Adds the pieces of a text, in order.</summary>
    /// <param name="text">UTF-8; bytes that are none are characters of their own.</param>
    /// <param name="offset">Added to the positions of the pieces.</param>
    /// <param name="pieces">Receives them.</param>
    public abstract void Split(ReadOnlySpan<byte> text, int offset, List<TextPiece> pieces);
}
