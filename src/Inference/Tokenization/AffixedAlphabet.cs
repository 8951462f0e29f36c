using System.Text;

namespace Inference.Tokenization;

/// <summary>Symbols are bytes or characters, of which all but a piece's first have a prefix in the vocabulary, and its last a suffix.</summary>
/// <param name="pieces">The tokens by their text.</param>
/// <param name="isByteLevel">Whether symbols are bytes, spelled in the byte-level alphabet.</param>
/// <param name="prefix">What the vocabulary writes before symbols that are not the first.</param>
/// <param name="suffix">What it writes behind the last.</param>
/// <param name="unknown">The token for symbols without one, or -1: such symbols leave no trace.</param>
/// <param name="fuseUnknown">Whether adjacent unknown symbols are one token.</param>
internal sealed class AffixedAlphabet(PieceTable pieces, bool isByteLevel, string prefix, string suffix, int unknown, bool fuseUnknown) : SymbolAlphabet
{
    public override void Split(ReadOnlySpan<byte> piece, SymbolChain symbols)
    {
        var spelling = new StringBuilder();
        for (int i = 0; i < piece.Length;)
        {
            int length = 1;
            spelling.Clear();
            if (i > 0)
                spelling.Append(prefix);
            if (isByteLevel)
            {
                spelling.Append(ByteLevelAlphabet.Character(piece[i]));
            }
            else
            {
                Rune.DecodeFromUtf8(piece[i..], out Rune rune, out length);
                spelling.Append(rune.ToString());
            }

            if (i + length == piece.Length)
                spelling.Append(suffix);
            symbols.Add(i, length, pieces.Find(Encoding.UTF8.GetBytes(spelling.ToString())));
            i += length;
        }
    }

    public override bool AddFallback(ReadOnlySpan<byte> part, List<int> output, bool afterUnknown)
    {
        if (unknown < 0)
            return false;
        if (!(afterUnknown && fuseUnknown))
            output.Add(unknown);
        return true;
    }
}
