using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Inference.Tokenization;

/// <summary>Finds a token by the bytes of its text. Immutable once filled.</summary>
/// <remarks>
/// All texts lie in one array and all entries in another: a vocabulary of a hundred thousand tokens is two arrays, not as many objects.
/// The hash has a secret of the process: a hostile vocabulary cannot aim at one place.
/// </remarks>
internal sealed class PieceTable
{
    private static readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private static readonly ulong _factor = (ulong)Random.Shared.NextInt64() | 1UL << 63 | 1;

    private byte[] _bytes;
    private Entry[] _entries;
    // Entries by hash, one more than their index; 0 is free. A power of two, at most half full.
    private int[] _slots;
    private int _byteCount;
    private int _count;
    private int _longest;

    /// <summary>Creates an empty table.</summary>
    /// <param name="capacity">How many tokens to expect; more may come.</param>
    public PieceTable(int capacity = 0)
    {
        capacity = Math.Clamp(capacity, 16, 1 << 24);
        _bytes = new byte[8 * capacity];
        _entries = new Entry[capacity];
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)capacity * 2)];
    }

    /// <summary>Different texts.</summary>
    public int Count => _count;

    /// <summary>Adds a token; the first of equal texts stays.</summary>
    /// <returns>Whether the text is new.</returns>
    public bool Add(string text, int id) => Add(Encoding.UTF8.GetBytes(text), id);

    /// <summary>Adds a token; the first of equal texts stays.</summary>
    /// <returns>Whether the text is new.</returns>
    public bool Add(ReadOnlySpan<byte> text, int id)
    {
        uint hash = Hash(text);
        ref int slot = ref FindSlot(text, hash);
        if (slot != 0)
            return false;

        if (_count == _entries.Length)
            Array.Resize(ref _entries, 2 * _count);
        if (_bytes.Length - _byteCount < text.Length)
            Array.Resize(ref _bytes, checked(Math.Max(2 * _bytes.Length, _byteCount + text.Length)));
        text.CopyTo(_bytes.AsSpan(_byteCount));
        _entries[_count] = new Entry(_byteCount, text.Length, id, hash);
        _byteCount += text.Length;
        _longest = Math.Max(_longest, text.Length);
        slot = ++_count;
        if (2 * _count > _slots.Length)
            Spread();
        return true;
    }

    /// <summary>The token of exactly these bytes, or -1.</summary>
    // Longer than any token: not worth a hash, and a run of merges over a long text must not hash it again and again.
    public int Find(ReadOnlySpan<byte> text)
    {
        if (text.Length > _longest)
            return -1;
        int slot = FindSlot(text, Hash(text));
        return slot == 0 ? -1 : _entries[slot - 1].Id;
    }

    private ref int FindSlot(ReadOnlySpan<byte> text, uint hash)
    {
        int mask = _slots.Length - 1;
        for (int place = (int)hash & mask; ; place = (place + 1) & mask)
        {
            ref int slot = ref _slots[place];
            if (slot == 0)
                return ref slot;
            ref Entry entry = ref _entries[slot - 1];
            if (entry.Hash == hash && text.SequenceEqual(_bytes.AsSpan(entry.Start, entry.Length)))
                return ref slot;
        }
    }

    private void Spread()
    {
        _slots = new int[2 * _slots.Length];
        int mask = _slots.Length - 1;
        for (int i = 0; i < _count; i++)
        {
            int place = (int)_entries[i].Hash & mask;
            while (_slots[place] != 0)
                place = (place + 1) & mask;
            _slots[place] = i + 1;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> text)
    {
        ulong hash = _seed ^ (uint)text.Length;
        while (text.Length >= sizeof(ulong))
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(text));
            text = text[sizeof(ulong)..];
        }

        ulong rest = 0;
        foreach (byte value in text)
            rest = rest << 8 | value;
        hash = Mix(Mix(hash ^ rest));
        return (uint)(hash ^ hash >> 32);
    }

    // Both halves of a product with the secret: every bit of the input reaches every bit of the result.
    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, _factor, out ulong low);
        return high ^ low;
    }

    private readonly record struct Entry(int Start, int Length, int Id, uint Hash);
}
