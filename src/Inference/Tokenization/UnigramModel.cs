using System.Text;

namespace Inference.Tokenization;

/// <summary>The most probable way to cut a piece into tokens, by a model in which each token has a probability of its own.</summary>
/// <remarks>
/// Kudo, Subword regularization (2018): Viterbi's algorithm over the tokens that start at each character. Scores are summed as
/// 64-bit floats from the start of the piece; of equal ways, the one found first, whose last token starts first, stays.
/// </remarks>
internal sealed class UnigramModel : PieceModel
{
    /// <summary>The longest token, in bytes: looking for tokens takes at most text x this.</summary>
    public const int MaxPieceBytes = 1024;

    // What SentencePiece takes from the least probable token's score for a character that is no token.
    private const double UnknownPenalty = 10;

    private readonly PieceTrie _pieces;
    private readonly double[] _scores;
    private readonly int _unknown;
    private readonly int[]? _bytes;
    private readonly double _unknownScore;

    /// <summary>Creates the model.</summary>
    /// <param name="pieces">The tokens by their text.</param>
    /// <param name="scores">The logarithm of the probability of each token.</param>
    /// <param name="leastScore">The least of those that count.</param>
    /// <param name="unknown">The token for characters that are none; a run of them is one.</param>
    /// <param name="bytes">The tokens of the 256 bytes, which spell such characters instead; null for none.</param>
    public UnigramModel(PieceTrie pieces, double[] scores, double leastScore, int unknown, int[]? bytes)
    {
        _pieces = pieces;
        _scores = scores;
        _unknown = unknown;
        _bytes = bytes;
        _unknownScore = leastScore - UnknownPenalty;
    }

    public override void Encode(ReadOnlySpan<byte> piece, EncodingScratch scratch, List<int> output)
    {
        Span<ViterbiPaths.Place> places = scratch.Paths.Start(piece.Length);
        for (int start = 0; start < piece.Length;)
        {
            double before = places[start].Score;
            int character = 1;
            if (piece[start] >= 0x80)
                Rune.DecodeFromUtf8(piece[start..], out _, out character);
            bool isToken = false;
            int node = PieceTrie.Root;
            int end = start;
            for (; end < piece.Length && (node = _pieces.Child(node, piece[end])) != PieceTrie.None; end++)
            {
                int id = _pieces.Id(node);
                if (id < 0)
                    continue;
                isToken |= end + 1 - start == character;
                Offer(ref places[end + 1], before + _scores[id], start, id);
            }

            scratch.Paths.Steps += end - start + 1;
            if (!isToken)
                Offer(ref places[start + character], before + _unknownScore, start, -1);
            start += character;
        }

        WriteBack(piece, places, output);
    }

    private static void Offer(ref ViterbiPaths.Place place, double score, int from, int id)
    {
        if (place.From < 0 || score > place.Score)
            place = new ViterbiPaths.Place(score, from, id);
    }

    private void WriteBack(ReadOnlySpan<byte> piece, ReadOnlySpan<ViterbiPaths.Place> places, List<int> output)
    {
        int first = output.Count;
        bool unknown = false;
        for (int end = piece.Length; end > 0; end = places[end].From)
        {
            int id = places[end].Id;
            if (id >= 0)
            {
                output.Add(id);
            }
            else if (_bytes is not null)
            {
                for (int i = end - 1; i >= places[end].From; i--)
                    output.Add(_bytes[piece[i]]);
            }
            else if (!unknown)
            {
                output.Add(_unknown);
            }

            unknown = id < 0;
        }

        output.Reverse(first, output.Count - first);
    }
}
