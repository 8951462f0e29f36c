using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Inference.Persistence;

/// <summary>Writes a saved conversation; its bytes are described at <see cref="SnapshotHeader"/>.</summary>
internal static class SnapshotWriter
{
    private const int LongestPiece = 1 << 16;

    /// <summary>Writes all of it, and flushes.</summary>
    /// <param name="stream">Where it goes; stays open.</param>
    /// <param name="header">What is written.</param>
    /// <param name="tokens">As many as the header says.</param>
    /// <param name="blocks">As many as the header says.</param>
    /// <param name="cancellationToken">Gives up; what was written stays.</param>
    public static async Task WriteAsync(Stream stream, SnapshotHeader header, ReadOnlyMemory<int> tokens, IReadOnlyList<byte[]> blocks, CancellationToken cancellationToken)
    {
        byte[] first = header.ToBytes();
        await stream.WriteAsync(first, cancellationToken).ConfigureAwait(false);
        byte[] checksum = first[^SnapshotHeader.ChecksumLength..];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(checksum);
        byte[] piece = new byte[Math.Min(LongestPiece, tokens.Length * sizeof(int))];
        for (int done = 0; done < tokens.Length;)
        {
            int count = Math.Min(tokens.Length - done, piece.Length / sizeof(int));
            for (int i = 0; i < count; i++)
                BinaryPrimitives.WriteInt32LittleEndian(piece.AsSpan(i * sizeof(int)), tokens.Span[done + i]);
            await AppendAsync(piece.AsMemory(0, count * sizeof(int))).ConfigureAwait(false);
            done += count;
        }

        await EndSectionAsync().ConfigureAwait(false);
        foreach (byte[] block in blocks)
        {
            await AppendAsync(block).ConfigureAwait(false);
            await EndSectionAsync().ConfigureAwait(false);
        }

        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);

        async ValueTask AppendAsync(ReadOnlyMemory<byte> data)
        {
            hash.AppendData(data.Span);
            await stream.WriteAsync(data, cancellationToken).ConfigureAwait(false);
        }

        async ValueTask EndSectionAsync()
        {
            hash.GetHashAndReset(checksum);
            await stream.WriteAsync(checksum, cancellationToken).ConfigureAwait(false);
            hash.AppendData(checksum);
        }
    }
}
