using Inference.Persistence;

namespace Inference.Tests.Persistence;

/// <summary>Slots in a file are read as they were last written, whether or not the disk has them yet.</summary>
public sealed class FileSpillTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spill-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1003)]
    [InlineData(20 << 20)]
    public void The_latest_contents_are_read(int slotLength)
    {
        var random = new Random(1);
        int[] written = new int[5];
        using var spill = new FileSpill(_folder, written.Length, slotLength);
        for (int i = 1; i < (slotLength < 4096 ? 3000 : 60); i++)
        {
            int slot = random.Next(written.Length);
            if (random.Next(2) == 0)
            {
                // Where the disk is behind, the slot keeps what it has.
                if (!spill.CanWrite)
                    continue;
                byte[] memory = spill.Begin(slot);
                memory.AsSpan().Fill((byte)i);
                spill.End(slot, memory);
                written[slot] = i;
            }
            else if (written[slot] > 0)
            {
                Assert.Equal(-1, spill.Read(slot).IndexOfAnyExcept((byte)written[slot]));
            }
        }
    }

    [Fact]
    public void Every_changed_bit_changes_the_checksum()
    {
        Assert.NotEqual(FileSpill.Checksum("123456789"u8), FileSpill.Checksum("123456798"u8));
        byte[] bytes = new byte[4096];
        new Random(2).NextBytes(bytes);
        uint whole = FileSpill.Checksum(bytes);
        for (int bit = 0; bit < bytes.Length * 8; bit += 37)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(whole, FileSpill.Checksum(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Disposal_gives_up_what_is_under_way_and_may_be_repeated()
    {
        var spill = new FileSpill(_folder, 64, 1 << 20);
        for (int i = 0; i < 64 && spill.CanWrite; i++)
            spill.End(i, spill.Begin(i));
        spill.Dispose();
        spill.Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }
}
