using Inference.Cpu;
using Inference.Execution;

namespace Inference.Tests.Engine;

/// <summary>What a device with memory of its own is told before anything is uploaded.</summary>
public sealed class DeviceMemoryTests
{
    [Theory]
    [InlineData(64, null)]
    [InlineData(64, 32)]
    [InlineData(100_000, null)]
    [InlineData(100_000, 32)]
    public async Task The_footprint_has_the_cache_that_was_asked_for(int cacheTokens, int? context)
    {
        ModelFootprint? told = null;
        using var device = new DelegatingDevice(new CpuDevice(1))
        {
            OnPrepare = model =>
            {
                told = model;
                return long.MaxValue / 4;
            },
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = device, KvCacheTokens = cacheTokens, ContextLength = context, KvBlockSize = 8 });
        Assert.Equal(cacheTokens, told!.CacheBytesPerLayer * told.Layers.Count / (told.Cache!.BytesPerBlock / 8));
        Assert.Equal(8, told.Cache.BlockSize);
        Assert.Equal(told.Layers.Count, told.Cache.Layers);
    }

    [Fact]
    public async Task A_cache_that_does_not_fit_is_refused_before_anything_is_uploaded()
    {
        const long Bytes = 1 << 20;
        using var device = new DelegatingDevice(new CpuDevice(1))
        {
            OnPrepare = model => model.CacheBytesPerLayer * model.Layers.Count > Bytes ? throw new DeviceMemoryException("card", "keys and values", model.CacheBytesPerLayer * model.Layers.Count, Bytes, Bytes) : Bytes,
        };
        EngineOptions options = new() { Device = device, KvCacheTokens = 1 << 20 };
        DeviceMemoryException refusal = await Assert.ThrowsAsync<DeviceMemoryException>(() => InferenceEngine.LoadAsync(TestData.Stories260K, options));
        Assert.True(refusal.RequestedBytes > Bytes);
        Assert.Equal(0, device.Uploads);
    }

    [Fact]
    public async Task A_device_logs_where_the_engine_does()
    {
        using var log = new RecordingLog();
        var part = new CpuDevice(1);
        using var device = new SplitDevice([new DevicePart(part, null)]);
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = device, LoggerFactory = log, KvCacheTokens = 64, ContextLength = 32 });
        Assert.Same(log, part.LoggerFactory);
        Assert.Contains(log.Messages, message => message.Category == "Inference.Engine");
        Assert.Throws<ArgumentNullException>(() => device.LoggerFactory = null!);
    }
}
