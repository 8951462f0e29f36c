using System.Numerics;

namespace Inference.Tokenization;

/// <summary>Merges as a list in the order they were learnt.</summary>
/// <remarks>Sennrich et al., Neural machine translation of rare words with subword units (2016).</remarks>
internal sealed class RankedMerges : MergeTable
{
    // Multiplying by an odd number and taking the upper bits spreads the keys; a random one keeps a hostile file from aiming.
    private static readonly ulong _factor = (ulong)Random.Shared.NextInt64() | 1UL << 63 | 1;

    // By hash of the pair; a power of two, at most two thirds full.
    private Entry[] _entries;
    private int _shift;
    private int _count;

    /// <summary>Creates an empty list.</summary>
    /// <param name="capacity">How many merges to expect; more may come.</param>
    public RankedMerges(int capacity)
    {
        uint size = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(capacity, 16, 1 << 24) * 3 / 2);
        _entries = new Entry[size];
        _shift = 64 - BitOperations.Log2(size);
    }

    /// <summary>Adds the next merge; of two for the same pair the first counts.</summary>
    public void Add(int rank, int left, int right, int id)
    {
        ref Entry entry = ref Find(_entries, _shift, Key(left, right));
        if (entry.IsUsed)
            return;
        entry = new Entry(Key(left, right), rank, id);
        if (3L * ++_count > 2L * _entries.Length)
            Spread();
    }

    public override bool TryMerge(ReadOnlySpan<byte> piece, in Symbol left, in Symbol right, out int id, out int priority)
    {
        ref Entry entry = ref Find(_entries, _shift, Key(left.Id, right.Id));
        id = entry.Id;
        priority = entry.Rank;
        return entry.IsUsed;
    }

    private void Spread()
    {
        var larger = new Entry[2 * _entries.Length];
        _shift--;
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            if (entry.IsUsed)
                Find(larger, _shift, entry.Key) = entry;
        }

        _entries = larger;
    }

    private static ref Entry Find(Entry[] entries, int shift, ulong key)
    {
        int mask = entries.Length - 1;
        int place = (int)(key * _factor >> shift);
        while (entries[place].IsUsed && entries[place].Key != key)
            place = (place + 1) & mask;
        return ref entries[place];
    }

    private static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    private readonly struct Entry(ulong key, int rank, int id)
    {
        // One more than the rank, so that an entry of zeros is free.
        private readonly int _order = rank + 1;

        public ulong Key { get; } = key;

        public int Id { get; } = id;

        public bool IsUsed => _order != 0;

        public int Rank => _order - 1;
    }
}
