namespace Inference.Tokenization;

/// <summary>Merges of SentencePiece: whatever is a token together merges, the best score first.</summary>
/// <remarks>Kudo and Richardson, SentencePiece (2018).</remarks>
internal sealed class ScoredMerges : MergeTable
{
    private readonly PieceTable _pieces;
    private readonly int[] _priorities;

    /// <summary>Creates the table.</summary>
    /// <param name="pieces">The tokens that may be made, by their text.</param>
    /// <param name="scores">The score of every token of the vocabulary.</param>
    public ScoredMerges(PieceTable pieces, ReadOnlySpan<float> scores)
    {
        _pieces = pieces;
        _priorities = new int[scores.Length];
        for (int i = 0; i < scores.Length; i++)
            _priorities[i] = Priority(scores[i]);
    }

    public override bool TryMerge(ReadOnlySpan<byte> piece, in Symbol left, in Symbol right, out int id, out int priority)
    {
        id = _pieces.Find(piece.Slice(left.Start, left.Length + right.Length));
        priority = id >= 0 ? _priorities[id] : 0;
        return id >= 0;
    }

    // Integers in the reverse order of the floats; a total order even over what a hostile file may hold.
    private static int Priority(float score)
    {
        int bits = BitConverter.SingleToInt32Bits(score + 0f);
        return ~(bits ^ ((bits >> 31) & int.MaxValue));
    }
}
