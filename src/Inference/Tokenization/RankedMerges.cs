namespace Inference.Tokenization;

/// <summary>Merges as a list in the order they were learnt.</summary>
/// <remarks>Sennrich et al., Neural machine translation of rare words with subword units (2016).</remarks>
internal sealed class RankedMerges : MergeTable
{
    // A dictionary hashes a long to its halves' exclusive or, so that all pairs of equals would meet in one bucket. Multiplying
    // by an odd number keeps keys apart and spreads them; a random one keeps a hostile file from aiming.
    private static readonly long _spread = Random.Shared.NextInt64() | 1;

    private readonly Dictionary<long, (int Rank, int Id)> _merges;

    /// <summary>Creates an empty list.</summary>
    /// <param name="capacity">How many merges will come.</param>
    public RankedMerges(int capacity) => _merges = new Dictionary<long, (int, int)>(capacity);

    /// <summary>Adds the next merge; of two for the same pair the first counts.</summary>
    public void Add(int rank, int left, int right, int id) => _merges.TryAdd(Key(left, right), (rank, id));

    public override bool TryMerge(ReadOnlySpan<byte> piece, in Symbol left, in Symbol right, out int id, out int priority)
    {
        bool found = _merges.TryGetValue(Key(left.Id, right.Id), out (int Rank, int Id) merge);
        id = merge.Id;
        priority = merge.Rank;
        return found;
    }

    private static long Key(int left, int right) => (((long)left << 32) | (uint)right) * _spread;
}
