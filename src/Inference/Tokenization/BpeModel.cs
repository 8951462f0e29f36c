namespace Inference.Tokenization;

/// <summary>Byte-pair encoding of one piece of text. Immutable.</summary>
/// <param name="alphabet">What merging starts from.</param>
/// <param name="merges">What merges.</param>
/// <param name="wholePieces">Tokens that a whole piece becomes without merging; null for none.</param>
internal sealed class BpeModel(SymbolAlphabet alphabet, MergeTable merges, PieceTable? wholePieces) : PieceModel
{
    public override void Encode(ReadOnlySpan<byte> piece, EncodingScratch scratch, List<int> output)
    {
        int whole = wholePieces?.Find(piece) ?? -1;
        if (whole >= 0)
        {
            output.Add(whole);
            return;
        }

        SymbolChain symbols = scratch.Symbols;
        symbols.Clear();
        alphabet.Split(piece, symbols);
        symbols.Merge(piece, merges);
        bool unknown = false;
        foreach (ref readonly Symbol symbol in symbols.Symbols)
        {
            if (symbol.Length == 0)
                continue;

            if (symbol.Id >= 0)
            {
                output.Add(symbol.Id);
                unknown = false;
            }
            else
            {
                unknown = alphabet.AddFallback(piece.Slice(symbol.Start, symbol.Length), output, unknown);
            }
        }
    }
}
