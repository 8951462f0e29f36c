namespace Inference.Tokenization;

/// <summary>Symbols are bytes, as in GPT-2 and after.</summary>
/// <param name="ids">The token of each byte, or -1; 256 of them.</param>
/// <param name="unknown">The token for bytes without one, or -1: such bytes leave no trace, as in the original implementation.</param>
internal sealed class ByteAlphabet(int[] ids, int unknown) : SymbolAlphabet
{
    public override void Split(ReadOnlySpan<byte> piece, SymbolChain symbols)
    {
        for (int i = 0; i < piece.Length; i++)
            symbols.Add(i, 1, ids[piece[i]]);
    }

    public override bool AddFallback(ReadOnlySpan<byte> part, List<int> output, bool afterUnknown)
    {
        if (unknown < 0)
            return false;
        output.Add(unknown);
        return true;
    }
}
