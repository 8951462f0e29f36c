namespace Inference.Tokenization;

/// <summary>Merges of SentencePiece: whatever is a token together merges, the best score first.</summary>
/// <remarks>Kudo and Richardson, SentencePiece (2018).</remarks>
internal sealed class ScoredMerges : MergeTable
{
    // What two tokens become, as found before: left, right and one more than the result, or 0, by 21 bits each. Threads may race
    // to write an entry: each is whole, and true.
    private const int MemoBits = 15;
    private const int IdBits = 21;

    private readonly PieceTable _pieces;
    private readonly int[] _priorities;
    private readonly long[] _memo = new long[1 << MemoBits];

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
        id = (left.Id | right.Id) is >= 0 and < 1 << IdBits
            ? FindKnown(piece, left, right)
            : _pieces.Find(piece.Slice(left.Start, left.Length + right.Length));
        priority = id >= 0 ? _priorities[id] : 0;
        return id >= 0;
    }

    private int FindKnown(ReadOnlySpan<byte> piece, in Symbol left, in Symbol right)
    {
        long pair = (((long)left.Id << IdBits) | (uint)right.Id) + 1;
        ref long place = ref _memo[(int)((ulong)pair * 0x9E3779B97F4A7C15UL >> (64 - MemoBits))];
        long entry = Volatile.Read(ref place);
        if (entry >> IdBits == pair)
            return (int)(entry & ((1 << IdBits) - 1)) - 1;

        int id = _pieces.Find(piece.Slice(left.Start, left.Length + right.Length));
        if (pair >> (63 - IdBits) == 0 && id < (1 << IdBits) - 1)
            Volatile.Write(ref place, (pair << IdBits) | (uint)(id + 1));
        return id;
    }

    // Integers in the reverse order of the floats; a total order even over what a hostile file may hold.
    private static int Priority(float score)
    {
        int bits = BitConverter.SingleToInt32Bits(score + 0f);
        return ~(bits ^ ((bits >> 31) & int.MaxValue));
    }
}
