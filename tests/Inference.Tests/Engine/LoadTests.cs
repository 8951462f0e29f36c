using Inference.Cpu;

namespace Inference.Tests.Engine;

/// <summary>The options' device belongs to the engine: disposed once, however loading ends.</summary>
public sealed class LoadTests
{
    [Fact]
    public async Task Loading_can_be_given_up_at_any_tensor()
    {
        int reports = 0;
        var counting = new DelegatingDevice(new CpuDevice(1));
        await using (await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = counting }, new Progress(_ => reports++)))
            Assert.Equal(0, counting.Disposals);
        Assert.Equal(1, counting.Disposals);
        Assert.True(reports > 10, $"{reports} reports");

        for (int at = 0; at < reports; at++)
        {
            using var cancellation = new CancellationTokenSource();
            var device = new DelegatingDevice(new CpuDevice(1));
            int seen = 0;
            var progress = new Progress(_ =>
            {
                if (seen++ == at)
                    cancellation.Cancel();
            });
            Task<InferenceEngine> load = InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = device }, progress, cancellation.Token);
            // After the last tensor there may be nothing left to give up.
            if (at < reports - 1)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => load);
            else
                await (await load.ContinueWith(t => t.IsCompletedSuccessfully ? t.Result.DisposeAsync() : default, TaskScheduler.Default));
            Assert.Equal(1, device.Disposals);
        }
    }

    [Fact]
    public async Task A_device_is_disposed_once_whatever_is_wrong()
    {
        await Fails<OperationCanceledException>(TestData.Stories260K, new EngineOptions(), cancelled: true);
        await Fails<FileNotFoundException>(TestData.Path("no such file.gguf"), new EngineOptions());
        await Fails<ArgumentOutOfRangeException>(TestData.Stories260K, new EngineOptions { MaxTokensPerStep = 0 });
        await Fails<ArgumentOutOfRangeException>(TestData.Stories260K, new EngineOptions { StreamCapacity = 0 });
        await Fails<InvalidOperationException>(TestData.Stories260K, new EngineOptions(), new Progress(_ => throw new InvalidOperationException("no more")));
    }

    private static async Task Fails<T>(string path, EngineOptions options, IProgress<LoadProgress>? progress = null, bool cancelled = false)
        where T : Exception
    {
        var device = new DelegatingDevice(new CpuDevice(1));
        await Assert.ThrowsAnyAsync<T>(() => InferenceEngine.LoadAsync(path, options with { Device = device }, progress, new CancellationToken(cancelled)));
        Assert.Equal(1, device.Disposals);
    }

    private sealed class Progress(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}
