using Inference.Cpu;
using Inference.Execution;

namespace Inference.Tests.Cpu;

/// <summary>Blocks leave the cache and come back byte for byte, and touch no other.</summary>
public sealed class CpuKvCacheTests
{
    [Theory]
    [InlineData(KvCacheType.F32, 8)]
    [InlineData(KvCacheType.F16, 64)]
    [InlineData(KvCacheType.Q8_0, 80)]
    public void Blocks_are_read_as_they_were_written(KvCacheType type, int headSize)
    {
        const int Blocks = 35;
        using var device = new CpuDevice(1);
        using DeviceKvCache cache = device.AllocateKvCache(new KvCacheShape(3, Blocks, 16, 2, headSize, type));
        byte[][] written = [.. Enumerable.Range(0, Blocks).Select(seed =>
        {
            byte[] bytes = new byte[cache.Shape.BytesPerBlock];
            new Random(seed).NextBytes(bytes);
            return bytes;
        })];
        for (int i = 0; i < Blocks; i++)
            device.WriteBlock(cache, i, written[i]);
        device.CopyBlock(cache, 20, 3);
        written[3] = written[20];
        byte[] read = new byte[cache.Shape.BytesPerBlock];
        for (int i = 0; i < Blocks; i++)
        {
            device.ReadBlock(cache, i, read);
            Assert.Equal(written[i], read);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => device.ReadBlock(cache, Blocks, read));
        Assert.Throws<ArgumentOutOfRangeException>(() => device.WriteBlock(cache, -1, read));
        Assert.Throws<ArgumentException>(() => device.ReadBlock(cache, 0, read.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => device.WriteBlock(cache, 0, read.AsSpan(1)));
    }
}
