using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Inference.Execution;

namespace Inference.Persistence;

/// <summary>The first bytes of a saved conversation: what it holds, and for which model and cache.</summary>
/// <remarks>
/// <para>The file, all numbers little-endian: 8 bytes magic; int32 version; int32 length of the header; int64 length of the whole; 32 bytes
/// fingerprint of the model; int32 layers, key-value heads, head size, block size, <see cref="KvCacheType"/>; 16 bytes
/// <see cref="DeviceKvCache.BlockFormat"/>; int32 tokens, blocks; a checksum. Then the tokens, int32 each, and a checksum. Then each
/// block, <see cref="KvCacheShape.BytesPerBlock"/> bytes, and a checksum.</para>
/// <para>A checksum is SHA-256 over (the checksum before, the section), so that a section in another's place is found too.</para>
/// </remarks>
/// <param name="Fingerprint">Of the model; see <see cref="ModelFingerprint"/>.</param>
/// <param name="Shape">Dimensions of the cache; the number of blocks is that of the file.</param>
/// <param name="BlockFormat">How the device orders a block's bytes.</param>
/// <param name="Tokens">Tokens of the conversation.</param>
internal sealed record SnapshotHeader(byte[] Fingerprint, KvCacheShape Shape, string BlockFormat, int Tokens)
{
    public const int Version = 1;

    /// <summary>Bytes, its checksum included.</summary>
    public const int Length = ChecksumOffset + SHA256.HashSizeInBytes;

    public const int ChecksumLength = SHA256.HashSizeInBytes;

    private const string Section = "header";
    private const int FormatLength = 16;
    private const int ChecksumOffset = 100;

    // As PNG has it: a first byte beyond ASCII, and line ends that a transfer as text would change.
    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'K', (byte)'V', (byte)'C', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>Bytes of the whole.</summary>
    public long TotalLength => checked(Length + (Tokens * 4L) + ChecksumLength + (Shape.Blocks * (Shape.BytesPerBlock + ChecksumLength)));

    /// <summary>Where a block begins.</summary>
    public long BlockOffset(int block) => Length + (Tokens * 4L) + ChecksumLength + (block * (Shape.BytesPerBlock + ChecksumLength));

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Magic.CopyTo(bytes);
        Write(8, Version);
        Write(12, Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), TotalLength);
        Fingerprint.CopyTo(bytes, 24);
        Write(56, Shape.Layers);
        Write(60, Shape.KvHeads);
        Write(64, Shape.HeadSize);
        Write(68, Shape.BlockSize);
        Write(72, (int)Shape.Type);
        Encoding.ASCII.GetBytes(BlockFormat).CopyTo(bytes.AsSpan(76, FormatLength));
        Write(92, Tokens);
        Write(96, Shape.Blocks);
        SHA256.HashData(bytes.AsSpan(0, ChecksumOffset), bytes.AsSpan(ChecksumOffset));
        return bytes;

        void Write(int offset, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);
    }

    /// <summary>Reads a header and holds it against the engine's.</summary>
    /// <param name="bytes">Up to <see cref="Length"/> bytes; fewer where the stream ended.</param>
    /// <param name="expected">What the engine would write; its tokens and blocks do not matter.</param>
    /// <exception cref="CacheFormatException">It is malformed.</exception>
    /// <exception cref="CacheMismatchException">It is another model's or cache's.</exception>
    public static SnapshotHeader Parse(ReadOnlySpan<byte> bytes, SnapshotHeader expected)
    {
        if (bytes.Length < Magic.Length || !bytes.StartsWith(Magic))
            throw new CacheFormatException(Section, 0, "it does not begin like one");
        if (bytes.Length < Length)
            throw new CacheFormatException(Section, bytes.Length, "it ends");
        if (Read(bytes, 8) is var version and not Version)
            throw new CacheFormatException(Section, 8, $"version {version} is not known (this is version {Version})");
        if (!SHA256.HashData(bytes[..ChecksumOffset]).AsSpan().SequenceEqual(bytes[ChecksumOffset..]))
            throw new CacheFormatException(Section, ChecksumOffset, "the checksum is wrong");

        KvCacheShape shape = expected.Shape;
        Compare("number of layers", Read(bytes, 56), shape.Layers);
        Compare("number of key-value heads", Read(bytes, 60), shape.KvHeads);
        Compare("head size", Read(bytes, 64), shape.HeadSize);
        Compare("model", Convert.ToHexStringLower(bytes.Slice(24, 32)), Convert.ToHexStringLower(expected.Fingerprint));
        Compare("block size", Read(bytes, 68), shape.BlockSize);
        Compare("cache type", (KvCacheType)Read(bytes, 72), shape.Type);
        Compare("block format", Encoding.ASCII.GetString(bytes.Slice(76, FormatLength)).TrimEnd('\0'), expected.BlockFormat);

        (int tokens, int blocks) = (Read(bytes, 92), Read(bytes, 96));
        if (tokens < 1)
            throw new CacheFormatException(Section, 92, $"a count of {tokens} tokens");
        if (blocks < 0 || blocks > tokens / shape.BlockSize)
            throw new CacheFormatException(Section, 96, $"a count of {blocks} blocks for {tokens} tokens");
        SnapshotHeader header = expected with { Tokens = tokens, Shape = shape with { Blocks = blocks } };
        if (Read(bytes, 12) != Length || BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]) != header.TotalLength)
            throw new CacheFormatException(Section, 12, "a length that does not follow from the counts");
        return header;
    }

    private static int Read(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);

    private static void Compare<T>(string subject, T saved, T expected)
    {
        if (!EqualityComparer<T>.Default.Equals(saved, expected))
            throw new CacheMismatchException(subject, $"{saved}", $"{expected}");
    }
}
