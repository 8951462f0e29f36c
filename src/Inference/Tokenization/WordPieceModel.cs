using System.Text;

namespace Inference.Tokenization;

/// <summary>Cuts a word into the longest tokens from its start on; a word that does not come out is one unknown token.</summary>
/// <remarks>Wu et al., Google's neural machine translation system (2016); as in BERT.</remarks>
/// <param name="starts">The tokens that words start with.</param>
/// <param name="continuations">The tokens that go on.</param>
/// <param name="unknown">The token for words that cannot be spelled.</param>
/// <param name="maxCharacters">Longer words are unknown.</param>
internal sealed class WordPieceModel(PieceTrie starts, PieceTrie continuations, int unknown, int maxCharacters) : PieceModel
{
    /// <summary>The longest token, in bytes.</summary>
    public const int MaxPieceBytes = 1024;

    public override void Encode(ReadOnlySpan<byte> piece, EncodingScratch scratch, List<int> output)
    {
        int first = output.Count;
        if (!IsTooLong(piece))
        {
            PieceTrie trie = starts;
            while (!piece.IsEmpty)
            {
                int id = trie.Longest(piece, out int length);
                if (id < 0)
                    break;
                output.Add(id);
                piece = piece[length..];
                trie = continuations;
            }

            if (piece.IsEmpty)
                return;
        }

        output.RemoveRange(first, output.Count - first);
        output.Add(unknown);
    }

    private bool IsTooLong(ReadOnlySpan<byte> piece)
    {
        if (piece.Length <= maxCharacters)
            return false;
        int count = 0;
        while (!piece.IsEmpty && count <= maxCharacters)
        {
            Rune.DecodeFromUtf8(piece, out _, out int length);
            piece = piece[length..];
            count++;
        }

        return count > maxCharacters;
    }
}
