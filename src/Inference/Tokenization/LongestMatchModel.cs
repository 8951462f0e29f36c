namespace Inference.Tokenization;

/// <summary>At each place the longest token that the text goes on with, as RWKV's "world" vocabularies are meant.</summary>
/// <param name="pieces">The tokens by their bytes.</param>
/// <param name="unknown">The token for a byte that none starts with, or -1: such bytes leave no trace.</param>
internal sealed class LongestMatchModel(PieceTrie pieces, int unknown) : PieceModel
{
    /// <summary>The longest token, in bytes: looking for tokens takes at most text x this.</summary>
    public const int MaxPieceBytes = 1024;

    public override void Encode(ReadOnlySpan<byte> piece, EncodingScratch scratch, List<int> output)
    {
        while (!piece.IsEmpty)
        {
            int id = pieces.Longest(piece, out int length);
            if (id < 0)
                id = unknown;
            if (id >= 0)
                output.Add(id);
            piece = piece[Math.Max(length, 1)..];
        }
    }
}
