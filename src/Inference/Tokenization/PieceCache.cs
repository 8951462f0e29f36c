using System.Runtime.InteropServices;

namespace Inference.Tokenization;

/// <summary>Remembers the tokens of short pieces: most words of a text have come before.</summary>
/// <remarks>
/// Safe for many threads: an entry is immutable, and put in its place in one write; a piece that another has driven out is encoded
/// again, to the same tokens. It takes no more than about four megabytes.
/// </remarks>
internal sealed class PieceCache
{
    private const int Size = 1 << 14;
    private const int MaxBytes = 32;
    private const int MaxTokens = 12;

    private static readonly ulong _factor = (ulong)Random.Shared.NextInt64() | 1UL << 63 | 1;

    private readonly Entry?[] _entries = new Entry?[Size];

    /// <summary>Adds the tokens of a piece: those remembered, or else those that the model gives.</summary>
    public void Encode(PieceModel model, ReadOnlySpan<byte> piece, EncodingScratch scratch, List<int> output)
    {
        if (piece.Length > MaxBytes)
        {
            model.Encode(piece, scratch, output);
            return;
        }

        ref Entry? place = ref _entries[Hash(piece)];
        Entry? entry = place;
        if (entry is not null && piece.SequenceEqual(entry.Piece))
        {
            foreach (int token in entry.Tokens)
                output.Add(token);
            return;
        }

        int first = output.Count;
        model.Encode(piece, scratch, output);
        if (output.Count - first <= MaxTokens)
            Volatile.Write(ref place, new Entry(piece.ToArray(), CollectionsMarshal.AsSpan(output)[first..].ToArray()));
    }

    private static int Hash(ReadOnlySpan<byte> piece)
    {
        ulong hash = (ulong)piece.Length;
        while (piece.Length >= sizeof(ulong))
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(piece));
            piece = piece[sizeof(ulong)..];
        }

        ulong rest = 0;
        foreach (byte value in piece)
            rest = rest << 8 | value;
        return (int)(Mix(hash ^ rest) % Size);
    }

    private static ulong Mix(ulong value)
    {
        ulong high = Math.BigMul(value, _factor, out ulong low);
        return high ^ low;
    }

    private sealed record Entry(byte[] Piece, int[] Tokens);
}
