using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Inference.Persistence;

/// <summary>Reads a saved conversation and checks all of it; its bytes are described at <see cref="SnapshotHeader"/>.</summary>
/// <remarks>The stream is untrusted: memory is allocated as its bytes come, never by what they announce.</remarks>
internal sealed class SnapshotReader : IDisposable
{
    private const int LongestPiece = 1 << 16;

    private readonly Stream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _checksum = new byte[SnapshotHeader.ChecksumLength];
    private long _offset;

    private SnapshotReader(Stream stream) => _stream = stream;

    /// <summary>Reads all of it, to its last byte and no further.</summary>
    /// <param name="stream">Stays open.</param>
    /// <param name="expected">What the engine would write.</param>
    /// <param name="vocabulary">Token ids are below this.</param>
    /// <param name="mostBlocks">How many of the first blocks to keep; the others are only checked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CacheFormatException">It is malformed.</exception>
    /// <exception cref="CacheMismatchException">It is another model's or cache's.</exception>
    public static async Task<Snapshot> ReadAsync(Stream stream, SnapshotHeader expected, int vocabulary, int mostBlocks, CancellationToken cancellationToken)
    {
        using var reader = new SnapshotReader(stream);
        byte[] first = new byte[SnapshotHeader.Length];
        int read = await stream.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        SnapshotHeader header = SnapshotHeader.Parse(first.AsSpan(0, read), expected);
        reader._offset = read;
        reader._hash.AppendData(first.AsSpan(^SnapshotHeader.ChecksumLength));

        int[] tokens = await reader.ReadTokensAsync(header.Tokens, vocabulary, cancellationToken).ConfigureAwait(false);
        var blocks = new List<byte[]>();
        int length = checked((int)header.Shape.BytesPerBlock);
        byte[]? spare = null;
        for (int i = 0; i < header.Shape.Blocks; i++)
        {
            byte[] block = spare ?? GC.AllocateUninitializedArray<byte>(length);
            await reader.ReadSectionAsync(block, $"block {i}", cancellationToken).ConfigureAwait(false);
            if (i < mostBlocks)
                blocks.Add(block);
            else
                spare = block;
        }

        return new Snapshot(header, tokens, blocks);
    }

    public void Dispose() => _hash.Dispose();

    private async Task<int[]> ReadTokensAsync(int count, int vocabulary, CancellationToken cancellationToken)
    {
        long start = _offset;
        var tokens = new List<int>();
        byte[] piece = new byte[LongestPiece];
        while (tokens.Count < count)
        {
            int length = (int)Math.Min(piece.Length, (count - tokens.Count) * 4L);
            await FillAsync(piece.AsMemory(0, length), "tokens", cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < length; i += sizeof(int))
                tokens.Add(BinaryPrimitives.ReadInt32LittleEndian(piece.AsSpan(i)));
        }

        await CheckAsync("tokens", start, cancellationToken).ConfigureAwait(false);
        int wrong = CollectionsMarshal.AsSpan(tokens).IndexOfAnyExceptInRange(0, vocabulary - 1);
        return wrong < 0
            ? [.. tokens]
            : throw new CacheFormatException("tokens", start + (wrong * 4L), $"token {tokens[wrong]} is not in the vocabulary of {vocabulary}");
    }

    private async Task ReadSectionAsync(byte[] section, string name, CancellationToken cancellationToken)
    {
        long start = _offset;
        await FillAsync(section, name, cancellationToken).ConfigureAwait(false);
        await CheckAsync(name, start, cancellationToken).ConfigureAwait(false);
    }

    private async Task FillAsync(Memory<byte> memory, string section, CancellationToken cancellationToken)
    {
        int read = await _stream.ReadAtLeastAsync(memory, memory.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        _offset += read;
        if (read < memory.Length)
            throw new CacheFormatException(section, _offset, "it ends");
        _hash.AppendData(memory.Span);
    }

    /// <summary>Compares a section's checksum, which is then part of the next one's.</summary>
    private async Task CheckAsync(string section, long start, CancellationToken cancellationToken)
    {
        byte[] computed = _hash.GetHashAndReset();
        await FillAsync(_checksum, section, cancellationToken).ConfigureAwait(false);
        if (!computed.AsSpan().SequenceEqual(_checksum))
            throw new CacheFormatException(section, start, "the checksum is wrong");
    }
}
