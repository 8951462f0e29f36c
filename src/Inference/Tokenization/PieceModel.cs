namespace Inference.Tokenization;

/// <summary>Turns a piece of text into tokens, looking at nothing but the piece. Immutable.</summary>
internal abstract class PieceModel
{
    /// <summary>Adds the tokens of a piece.</summary>
    /// <param name="piece">UTF-8, not empty; bytes that are none are characters of their own.</param>
    /// <param name="scratch">What one call works with.</param>
    /// <param name="output">Receives the tokens.</param>
    public abstract void Encode(ReadOnlySpan<byte> piece, EncodingScratch scratch, List<int> output);
}
