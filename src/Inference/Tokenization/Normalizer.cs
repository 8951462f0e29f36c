namespace Inference.Tokenization;

/// <summary>Rewrites a text before it is cut into pieces. Immutable.</summary>
internal abstract class Normalizer
{
    /// <summary>Writes the rewritten text.</summary>
    /// <param name="text">UTF-8, not empty; bytes that are none go through.</param>
    /// <param name="isStart">Whether nothing, not even an added token, stands before the text.</param>
    /// <param name="output">Receives the result.</param>
    public abstract void Apply(ReadOnlySpan<byte> text, bool isStart, TextBuffer output);
}
