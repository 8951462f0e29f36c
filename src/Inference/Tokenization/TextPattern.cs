namespace Inference.Tokenization;

/// <summary>Something to find in a text. Immutable.</summary>
internal abstract class TextPattern
{
    /// <summary>Adds the matches that are not empty, in order, none overlapping.</summary>
    public abstract void FindAll(ReadOnlySpan<byte> text, List<TextPiece> matches);
}
