using Inference.Cpu;
using Inference.Persistence;
using Microsoft.Extensions.Logging;

namespace Inference.Tests.Engine;

/// <summary>Evicted blocks come back with their bits, within their limit, and never at a request's expense.</summary>
public sealed class SpillTests : IDisposable
{
    // 20 blocks of 8; a block of this model has 2 x 5 layers x 8 positions x 4 heads x 8 elements x 4 bytes.
    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 64, KvBlockSize = 8, KvCacheTokens = 160, TimeProvider = new ManualClock() };
    private const long BlockBytes = 10240;

    private readonly string _folder = Directory.CreateTempSubdirectory("spill-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_prefix_that_was_evicted_comes_back_with_the_same_bits(bool file)
    {
        await using InferenceEngine plain = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        await using InferenceEngine spilling = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { KvSpill = Spill(file, 400 * BlockBytes) });
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 12; i++)
            {
                RecordedRequest alone = Request(i, 50), together = Request(i, 50);
                await alone.RunAsync(plain);
                await together.RunAsync(spilling);
                RecordedRequest.AssertSame(alone, together);
                Assert.Equal(0, alone.Result!.Usage.CachedInputTokens);
                Assert.Equal(round == 0 ? 0 : 48, together.Result!.Usage.CachedInputTokens);
            }
        }

        SpillStatistics statistics = spilling.Statistics.Spill;
        Assert.Equal(24 * 6, statistics.RestoredBlocks);
        Assert.Equal(statistics.KeptBlocks * BlockBytes, statistics.KeptBytes);
        // Each was kept once: what comes back stays kept. Seven full blocks a request, some of which are in the cache yet.
        Assert.InRange(statistics.KeptBlocks, 12 * 7 - 20, 12 * 7);
        Assert.Equal((statistics.KeptBlocks, 0L, 0), ((int)statistics.SpilledBlocks, statistics.SkippedBlocks, statistics.Failures));
        RequestMix.AssertNothingHeld(spilling, 1024);
        Assert.Equal(new SpillStatistics(0, 0, 0, 0, 0, 0), plain.Statistics.Spill);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_limit_holds_and_the_oldest_go_first(bool file)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { KvSpill = Spill(file, 21 * BlockBytes) });
        for (int i = 0; i < 12; i++)
        {
            await Request(i, 50).RunAsync(engine);
            Assert.InRange(engine.Statistics.Spill.KeptBytes, 0, 21 * BlockBytes);
        }

        Assert.Equal(21, engine.Statistics.Spill.KeptBlocks);
        RecordedRequest oldest = Request(0, 50), recent = Request(8, 50);
        await recent.RunAsync(engine);
        await oldest.RunAsync(engine);
        Assert.Equal((48, 0), (recent.Result!.Usage.CachedInputTokens, oldest.Result!.Usage.CachedInputTokens));
    }

    [Fact]
    public async Task Saving_finds_what_was_evicted()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { KvSpill = Spill(file: true, 400 * BlockBytes) });
        RecordedRequest first = Request(0, 50);
        Generation generation = engine.Submit(first.Prompt, first.Options);
        await generation.Completion;
        for (int i = 1; i < 6; i++)
            await Request(i, 50).RunAsync(engine);
        using var stream = new MemoryStream();
        Assert.Equal(56, (await generation.SaveAsync(stream, TestContext.Current.CancellationToken)).CachedTokens);
        stream.Position = 0;
        await using InferenceEngine other = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Assert.Equal(56, (await other.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken)).CachedTokens);
        RecordedRequest again = Request(0, 50);
        await again.RunAsync(other);
        Assert.Equal(48, again.Result!.Usage.CachedInputTokens);
        RecordedRequest.AssertSame(first.Result is null ? await RunAsync(engine, 0) : first, again);
    }

    [Fact]
    public async Task The_file_is_gone_when_the_engine_is()
    {
        InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { KvSpill = Spill(file: true, 400 * BlockBytes) });
        for (int i = 0; i < 4; i++)
            await Request(i, 50).RunAsync(engine);
        Assert.True(engine.Statistics.Spill.KeptBlocks > 0);
        await engine.DisposeAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => InferenceEngine.LoadAsync(TestData.Stories260K, _small with { KvSpill = KvSpillOptions.ToFile(Path.Combine(_folder, "missing"), 1 << 20) }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => InferenceEngine.LoadAsync(TestData.Stories260K, _small with { PrefixCaching = false, KvSpill = KvSpillOptions.ToMemory(1) }));
    }

    [Fact]
    public async Task A_failure_ends_spilling_with_a_warning_and_no_request()
    {
        int calls = 0;
        var device = new DelegatingDevice(new CpuDevice(1))
        {
            OnBlock = () =>
            {
                if (++calls == 30)
                    throw new IOException("the disk is full");
            },
        };
        using var log = new WarningLog();
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device, LoggerFactory = log, KvSpill = Spill(file: true, 400 * BlockBytes) });
        await using InferenceEngine plain = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        for (int i = 0; i < 16; i++)
        {
            RecordedRequest alone = Request(i % 8, 50), together = Request(i % 8, 50);
            await alone.RunAsync(plain);
            await together.RunAsync(engine);
            RecordedRequest.AssertSame(alone, together);
        }

        Assert.Equal(30, calls);
        Assert.Equal((1, 0, 0L), (engine.Statistics.Spill.Failures, engine.Statistics.Spill.KeptBlocks, engine.Statistics.Spill.KeptBytes));
        Assert.Equal("the disk is full", Assert.Single(log.Warnings)!.Message);
        RequestMix.AssertNothingHeld(engine, 1024);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Amid_preemptions_and_a_cache_too_small_everyone_gets_their_bits(bool file)
    {
        var roomy = new EngineOptions { Threads = 1, ContextLength = 128, KvBlockSize = 8 };
        RecordedRequest[] alone = RequestMix.Create(23, 60);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, roomy))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(engine);
        }

        RecordedRequest[] together = RequestMix.Create(23, 60);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, roomy with { KvCacheTokens = 192, MaxTokensPerStep = 48, Threads = 2, KvSpill = Spill(file, 60 * BlockBytes) }))
        {
            await Task.WhenAll(together.Select((request, i) => i % 2 == 0 ? request.RunAsync(engine) : request.StreamAsync(engine))).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
            RequestMix.AssertNothingHeld(engine, 1024);
            Assert.True(engine.Statistics.Spill.SpilledBlocks > 0);
        }

        for (int i = 0; i < alone.Length; i++)
            RecordedRequest.AssertSame(alone[i], together[i]);
    }

    private static async Task<RecordedRequest> RunAsync(InferenceEngine engine, int seed)
    {
        RecordedRequest request = Request(seed, 50);
        await request.RunAsync(engine);
        return request;
    }

    private KvSpillOptions Spill(bool file, long bytes) => file ? KvSpillOptions.ToFile(_folder, bytes) : KvSpillOptions.ToMemory(bytes);

    private static RecordedRequest Request(int seed, int length)
    {
        var random = new Random(seed);
        return new RecordedRequest([.. Enumerable.Range(0, length).Select(_ => random.Next(3, 500))], new() { MaxOutputTokens = 8, IgnoreEndOfText = true });
    }

    /// <summary>Keeps the exceptions of warnings.</summary>
    private sealed class WarningLog : ILoggerFactory, ILogger
    {
        public List<Exception?> Warnings { get; } = [];

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning)
                Warnings.Add(exception);
        }

        public void Dispose()
        {
        }
    }
}
