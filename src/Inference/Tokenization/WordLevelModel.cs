namespace Inference.Tokenization;

/// <summary>A piece is a token or unknown.</summary>
/// <param name="words">The tokens by their text.</param>
/// <param name="unknown">The token for the others, or -1: such pieces leave no trace, as in the original implementation.</param>
internal sealed class WordLevelModel(PieceTable words, int unknown) : PieceModel
{
    public override void Encode(ReadOnlySpan<byte> piece, EncodingScratch scratch, List<int> output)
    {
        int id = words.Find(piece);
        if (id < 0)
            id = unknown;
        if (id >= 0)
            output.Add(id);
    }
}
