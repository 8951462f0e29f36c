using System.Buffers.Binary;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Inference.Execution;
using Inference.Persistence;
using Microsoft.FSharp.Core;

namespace Inference.Tests.Persistence;

/// <summary>A saved conversation is read back as it was, or refused: whatever happened to its bytes.</summary>
public sealed class SnapshotTests
{
    private const int Vocabulary = 500;

    private static readonly SnapshotHeader _header = new(SHA256.HashData([1]), new KvCacheShape(1, 3, 8, 1, 2, KvCacheType.F32), "test-1", 30);
    private static readonly int[] _tokens = [.. Enumerable.Range(0, 30).Select(i => i * 16)];
    private static readonly byte[][] _blocks = [.. Enumerable.Range(0, 3).Select(Block)];

    public static TheoryData<string, int> Fields => new()
    {
        { "model", 24 }, { "number of layers", 56 }, { "number of key-value heads", 60 }, { "head size", 64 },
        { "block size", 68 }, { "cache type", 72 }, { "block format", 76 },
    };

    [Fact]
    public async Task What_is_written_is_read_and_no_more()
    {
        byte[] saved = await SaveAsync();
        Assert.Equal(_header.TotalLength, saved.Length);
        using var stream = new MemoryStream([.. saved, 1, 2, 3]);
        Snapshot snapshot = await ReadAsync(stream);
        AssertWhole(snapshot);
        Assert.Equal(saved.Length, stream.Position);
    }

    [Fact]
    public async Task Blocks_beyond_those_wanted_are_checked_and_left_out()
    {
        byte[] saved = await SaveAsync();
        Snapshot snapshot = await SnapshotReader.ReadAsync(new MemoryStream(saved), _header, Vocabulary, 1, TestContext.Current.CancellationToken);
        Assert.Equal(_blocks[..1], snapshot.Blocks);
        saved[(int)_header.BlockOffset(2) + 5] ^= 1;
        CacheFormatException error = await Assert.ThrowsAsync<CacheFormatException>(() => SnapshotReader.ReadAsync(new MemoryStream(saved), _header, Vocabulary, 1, TestContext.Current.CancellationToken));
        Assert.Equal(("block 2", _header.BlockOffset(2)), (error.Section, error.Offset));
    }

    [Theory]
    [InlineData(0, "header", 0)]
    [InlineData(8, "header", 8)]
    [InlineData(95, "header", 100)]
    [InlineData(140, "tokens", SnapshotHeader.Length)]
    [InlineData(300, "block 0", SnapshotHeader.Length + 120 + 32)]
    public async Task Damage_is_named(int offset, string section, long start)
    {
        byte[] saved = await SaveAsync();
        saved[offset] ^= 0x40;
        CacheFormatException error = await Assert.ThrowsAsync<CacheFormatException>(() => ReadAsync(new MemoryStream(saved)));
        Assert.Equal((section, start), (error.Section, error.Offset));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task What_does_not_fit_is_named(string subject, int offset)
    {
        byte[] saved = await SaveAsync();
        saved[offset] ^= 1;
        SHA256.HashData(saved.AsSpan(0, 100), saved.AsSpan(100));
        Assert.Equal(subject, (await Assert.ThrowsAsync<CacheMismatchException>(() => ReadAsync(new MemoryStream(saved)))).Subject);
    }

    [Theory]
    [InlineData(92, int.MaxValue, 96, 3)]
    [InlineData(92, int.MaxValue, 96, int.MaxValue / 8)]
    [InlineData(92, 0, 96, 0)]
    [InlineData(92, -1, 96, 3)]
    [InlineData(92, 30, 96, 4)]
    [InlineData(92, 30, 96, -1)]
    [InlineData(92, 30, 12, 7)]
    [InlineData(92, 30, 16, 7)]
    public async Task Lies_with_the_right_checksum_cost_no_memory(int first, int value, int second, int other)
    {
        byte[] saved = await SaveAsync();
        BinaryPrimitives.WriteInt32LittleEndian(saved.AsSpan(first), value);
        BinaryPrimitives.WriteInt32LittleEndian(saved.AsSpan(second), other);
        // The length too says what the counts say.
        if (second == 96 && value > 0 && other > 0)
            BinaryPrimitives.WriteInt64LittleEndian(saved.AsSpan(16), (_header with { Tokens = value, Shape = _header.Shape with { Blocks = other } }).TotalLength);
        SHA256.HashData(saved.AsSpan(0, 100), saved.AsSpan(100));
        using var stream = new MemoryStream(saved);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Task<Snapshot> read = ReadAsync(stream);
        Assert.True(read.IsCompleted);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        await Assert.ThrowsAsync<CacheFormatException>(() => read);
    }

    [Fact]
    public async Task A_token_outside_of_the_vocabulary_is_refused()
    {
        int[] tokens = [.. _tokens[..7], Vocabulary, .. _tokens[8..]];
        using var stream = new MemoryStream();
        await SnapshotWriter.WriteAsync(stream, _header, tokens, _blocks, TestContext.Current.CancellationToken);
        stream.Position = 0;
        CacheFormatException error = await Assert.ThrowsAsync<CacheFormatException>(() => ReadAsync(stream));
        Assert.Equal(("tokens", SnapshotHeader.Length + 28L), (error.Section, error.Offset));
    }

    [Fact]
    public async Task Any_change_is_an_error_or_changes_nothing()
    {
        byte[] saved = await SaveAsync();
        // Where, how much, how, and with what.
        Gen<int[]> changes = Gen.Choose(0, int.MaxValue - 1).ArrayOf(8);
        Prop.ForAll(changes.ToArbitrary(), numbers =>
        {
            List<byte> changed = [.. saved];
            for (int i = 0; i < 1 + (numbers[0] % 2); i++)
                Change(changed, numbers.AsSpan(1 + (i * 3), 3));
            byte[] bytes = [.. changed];
            try
            {
                Snapshot snapshot = ReadAsync(new MemoryStream(bytes)).GetAwaiter().GetResult();
                AssertWhole(snapshot);
                Assert.Equal(saved, bytes[..saved.Length]);
            }
            catch (InferenceException error)
            {
                Assert.True(error is CacheFormatException or CacheMismatchException);
                Assert.False(bytes.AsSpan().StartsWith(saved));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(11), FSharpOption<int>.None))));
    }

    private static void Change(List<byte> bytes, ReadOnlySpan<int> numbers)
    {
        if (bytes.Count == 0)
            return;
        int at = numbers[0] % bytes.Count;
        int length = 1 + (numbers[1] / 8 % Math.Min(200, bytes.Count - at));
        switch (numbers[1] % 7)
        {
            case 0:
                bytes[at] ^= (byte)(1 << (numbers[2] % 8));
                break;
            case 1:
                bytes[at] = (byte)numbers[2];
                break;
            case 2:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 3:
                bytes.RemoveRange(at, Math.Min(length, bytes.Count - at));
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, Math.Min(length, bytes.Count - at)));
                break;
            case 5:
                // Two blocks, each whole, in each other's place.
                (int a, int b) = ((int)_header.BlockOffset(numbers[2] % 3), (int)_header.BlockOffset(numbers[0] % 3));
                int block = (int)_header.Shape.BytesPerBlock + SnapshotHeader.ChecksumLength;
                if (bytes.Count < _header.TotalLength)
                    break;
                List<byte> kept = bytes.GetRange(a, block);
                for (int i = 0; i < block; i++)
                    (bytes[a + i], bytes[b + i]) = (bytes[b + i], kept[i]);
                break;
            default:
                bytes.AddRange(BitConverter.GetBytes(numbers[2]));
                break;
        }
    }

    private static async Task<byte[]> SaveAsync()
    {
        using var stream = new MemoryStream();
        await SnapshotWriter.WriteAsync(stream, _header, _tokens, _blocks, TestContext.Current.CancellationToken);
        return stream.ToArray();
    }

    private static Task<Snapshot> ReadAsync(Stream stream) => SnapshotReader.ReadAsync(stream, _header with { Tokens = 0 }, Vocabulary, int.MaxValue, TestContext.Current.CancellationToken);

    private static void AssertWhole(Snapshot snapshot)
    {
        Assert.Equal(_tokens, snapshot.Tokens);
        Assert.Equal(_blocks, snapshot.Blocks);
    }

    private static byte[] Block(int seed)
    {
        byte[] block = new byte[_header.Shape.BytesPerBlock];
        new Random(seed).NextBytes(block);
        return block;
    }
}
