using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Inference.KvCache;

/// <summary>Names a full block by its tokens, all tokens before them, and the salt: SHA-256 over (hash of the block before, tokens).</summary>
/// <remarks>
/// A cryptographic hash, since a caller who could make two texts collide would read another caller's keys and values. Equal hashes
/// are taken as equal contents; tokens are not compared again.
/// </remarks>
[InlineArray(SHA256.HashSizeInBytes / sizeof(ulong))]
internal struct BlockHash : IEquatable<BlockHash>
{
    private ulong _element;

    /// <summary>The parent of a text's first block. Texts with different salts share no hash, and so no block.</summary>
    /// <param name="salt">Whose cache it is; null is a salt of its own, different from the empty string.</param>
    public static BlockHash Root(string? salt)
    {
        BlockHash root = default;
        if (salt is not null)
            SHA256.HashData(MemoryMarshal.AsBytes(salt.AsSpan()), Bytes(ref root));
        return root;
    }

    /// <summary>The hash of the block of tokens that follows a parent.</summary>
    public static BlockHash Chain(BlockHash parent, ReadOnlySpan<int> tokens)
    {
        Span<byte> input = stackalloc byte[SHA256.HashSizeInBytes + (tokens.Length * sizeof(int))];
        Bytes(ref parent).CopyTo(input);
        MemoryMarshal.AsBytes(tokens).CopyTo(input[SHA256.HashSizeInBytes..]);
        BlockHash hash = default;
        SHA256.HashData(input, Bytes(ref hash));
        return hash;
    }

    public readonly bool Equals(BlockHash other) => ((ReadOnlySpan<ulong>)this).SequenceEqual(other);

    public override readonly bool Equals(object? obj) => obj is BlockHash other && Equals(other);

    public override readonly int GetHashCode() => this[0].GetHashCode();

    private static Span<byte> Bytes(ref BlockHash hash) => MemoryMarshal.AsBytes((Span<ulong>)hash);
}
