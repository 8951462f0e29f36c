namespace Inference.Tokenization;

/// <summary>Which neighbours become one token, and which of them first. Immutable.</summary>
internal abstract class MergeTable
{
    /// <summary>Asks for the merge of two neighbours.</summary>
    /// <param name="piece">The text both are part of.</param>
    /// <param name="left">The first.</param>
    /// <param name="right">The one after it.</param>
    /// <param name="id">The token that they become.</param>
    /// <param name="priority">The lowest goes first; the leftmost among equals.</param>
    /// <returns>Whether they merge.</returns>
    public abstract bool TryMerge(ReadOnlySpan<byte> piece, in Symbol left, in Symbol right, out int id, out int priority);
}
