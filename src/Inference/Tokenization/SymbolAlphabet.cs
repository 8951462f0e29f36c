namespace Inference.Tokenization;

/// <summary>The smallest symbols of a vocabulary: what merging starts from, and what it falls back to. Immutable.</summary>
internal abstract class SymbolAlphabet
{
    /// <summary>Cuts a piece into symbols.</summary>
    public abstract void Split(ReadOnlySpan<byte> piece, SymbolChain symbols);

    /// <summary>Adds the tokens for a part of the piece that no merge made a token.</summary>
    /// <param name="part">Its bytes.</param>
    /// <param name="output">Receives them.</param>
    /// <param name="afterUnknown">Whether the token before in this piece is the unknown token.</param>
    /// <returns>Whether the unknown token was used.</returns>
    public abstract bool AddFallback(ReadOnlySpan<byte> part, List<int> output, bool afterUnknown);
}
