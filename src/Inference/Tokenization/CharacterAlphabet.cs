using System.Text;

namespace Inference.Tokenization;

/// <summary>Symbols are characters, with tokens for single bytes to fall back to, as in SentencePiece.</summary>
internal sealed class CharacterAlphabet : SymbolAlphabet
{
    private readonly PieceTable _pieces;
    private readonly int[] _bytes;
    private readonly int _unknown;
    private readonly bool _fuseUnknown;
    private readonly int[] _ascii = new int[128];

    /// <summary>Creates the alphabet.</summary>
    /// <param name="pieces">The tokens by their text.</param>
    /// <param name="bytes">The token of each byte, or -1; 256 of them.</param>
    /// <param name="unknown">The token for what has neither character nor byte tokens, or -1 where all bytes have tokens.</param>
    /// <param name="fuseUnknown">Whether adjacent unknown characters are one token.</param>
    public CharacterAlphabet(PieceTable pieces, int[] bytes, int unknown, bool fuseUnknown)
    {
        _pieces = pieces;
        _bytes = bytes;
        _unknown = unknown;
        _fuseUnknown = fuseUnknown;
        for (int i = 0; i < _ascii.Length; i++)
            _ascii[i] = pieces.Find([(byte)i]);
    }

    public override void Split(ReadOnlySpan<byte> piece, SymbolChain symbols)
    {
        for (int i = 0; i < piece.Length;)
        {
            int length = 1;
            int id;
            if (piece[i] < 128)
            {
                id = _ascii[piece[i]];
            }
            else
            {
                Rune.DecodeFromUtf8(piece[i..], out _, out length);
                id = _pieces.Find(piece.Slice(i, length));
            }

            symbols.Add(i, length, id);
            i += length;
        }
    }

    public override bool AddFallback(ReadOnlySpan<byte> part, List<int> output, bool afterUnknown)
    {
        bool spelled = true;
        foreach (byte value in part)
            spelled &= _bytes[value] >= 0;
        if (spelled)
        {
            foreach (byte value in part)
                output.Add(_bytes[value]);
            return false;
        }

        if (!(afterUnknown && _fuseUnknown))
            output.Add(_unknown);
        return true;
    }
}
