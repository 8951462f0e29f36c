using Inference.Cpu;
using Inference.Execution;
using Inference.Persistence;

namespace Inference.Tests.Engine;

/// <summary>A conversation that was saved and restored goes on with the bits of one that never left.</summary>
public sealed class SaveRestoreTests
{
    private static readonly EngineOptions _options = new() { Threads = 1, ContextLength = 160, KvBlockSize = 8 };

    [Theory]
    [InlineData(KvCacheType.F32)]
    [InlineData(KvCacheType.F16)]
    [InlineData(KvCacheType.Q8_0)]
    public async Task It_goes_on_in_another_engine_with_the_same_bits(KvCacheType type)
    {
        EngineOptions options = _options with { KvCacheType = type };
        int[] prompt = Ids(1, 60);
        using var stream = new MemoryStream();
        await using InferenceEngine first = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
        Generation generation = first.Submit(prompt, new() { MaxOutputTokens = 20, IgnoreEndOfText = true });
        GenerationResult result = await generation.Completion;
        SavedConversation saved = await generation.SaveAsync(stream, TestContext.Current.CancellationToken);
        // The last token was not computed: 79 are, 72 of them in whole blocks.
        Assert.Equal((80, 72, stream.Length), (saved.Tokens, saved.CachedTokens, saved.Bytes));
        int[] next = [.. prompt, .. result.Tokens, .. Ids(2, 5)];
        RecordedRequest stayed = Continue(next);
        await stayed.RunAsync(first);

        await using InferenceEngine second = await InferenceEngine.LoadAsync(TestData.Stories260K, options with { Threads = 2 });
        stream.Position = 0;
        RestoredConversation restored = await second.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([.. prompt, .. result.Tokens], restored.Tokens);
        Assert.Equal((72, 72), (restored.CachedTokens, restored.SavedTokens));
        RequestMix.AssertNothingHeld(second, 1024);
        RecordedRequest returned = Continue(next);
        await returned.RunAsync(second);
        Assert.Equal(72, returned.Result!.Usage.CachedInputTokens);
        RecordedRequest.AssertSame(stayed, returned);

        await using InferenceEngine third = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
        RecordedRequest fresh = Continue(next);
        await fresh.RunAsync(third);
        Assert.Equal(0, fresh.Result!.Usage.CachedInputTokens);
        RecordedRequest.AssertSame(fresh, returned);
    }

    [Fact]
    public async Task Running_paused_and_waiting_requests_can_be_saved_and_go_on()
    {
        // Of two sequences at a time, the first pauses for its reader and the second waits.
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { MaxSequences = 1, StreamCapacity = 12, KvCacheTokens = 160, PrefixCaching = false });
        var endless = new GenerationOptions { IgnoreEndOfText = true, MaxOutputTokens = 60 };
        Generation paused = engine.Submit(Ids(1, 40), endless);
        await using IAsyncEnumerator<GeneratedToken> reader = paused.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await reader.MoveNextAsync());
        using var stream = new MemoryStream();
        SavedConversation saved;
        do
        {
            stream.SetLength(0);
            saved = await paused.SaveAsync(stream, TestContext.Current.CancellationToken);
        }
        while (saved.Tokens < 52);

        Assert.InRange(saved.CachedTokens, 48, saved.Tokens);
        int read = 1;
        while (await reader.MoveNextAsync())
            read++;
        Assert.Equal(60, read);
        // Without a prefix cache nothing is left of it.
        saved = await paused.SaveAsync(new MemoryStream(), TestContext.Current.CancellationToken);
        Assert.Equal((100, 0), (saved.Tokens, saved.CachedTokens));
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken));

        stream.Position = 0;
        await using InferenceEngine other = await InferenceEngine.LoadAsync(TestData.Stories260K, _options);
        RestoredConversation restored = await other.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
        int[] whole = [.. Ids(1, 40), .. (await paused.Completion).Tokens];
        Assert.Equal(whole[..restored.Tokens.Count], restored.Tokens);
        GenerationResult rest = await other.Submit(restored.Tokens.ToArray(), new() { IgnoreEndOfText = true, MaxOutputTokens = 100 - restored.Tokens.Count }).Completion;
        Assert.Equal(whole[restored.Tokens.Count..], rest.Tokens);
        Assert.InRange(rest.Usage.CachedInputTokens, 48, restored.CachedTokens);
    }

    [Fact]
    public async Task Salts_part_what_is_saved_and_what_is_restored()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options);
        int[] prompt = Ids(1, 33);
        await engine.Submit(prompt, new() { MaxOutputTokens = 1, CacheSalt = "a" }).Completion;
        Assert.Equal(0, (await engine.SaveAsync(prompt, new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken)).CachedTokens);
        using var stream = new MemoryStream();
        Assert.Equal(32, (await engine.SaveAsync(prompt, stream, "a", TestContext.Current.CancellationToken)).CachedTokens);
        stream.Position = 0;
        await engine.RestoreAsync(stream, "b", TestContext.Current.CancellationToken);
        Assert.Equal(0, await CachedAsync(engine, prompt, null));
        Assert.Equal(32, await CachedAsync(engine, prompt, "b"));
    }

    [Fact]
    public async Task A_small_cache_takes_what_fits_from_the_front()
    {
        using MemoryStream stream = await SaveAsync(_options, Ids(1, 130));
        await using InferenceEngine small = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { ContextLength = 64, KvCacheTokens = 80 });
        RestoredConversation restored = await small.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((80, 128), (restored.CachedTokens, restored.SavedTokens));
        RequestMix.AssertNothingHeld(small, 1024);
        Assert.Equal(56, await CachedAsync(small, Ids(1, 63), null));
        // What fits the cache and is there already is not brought twice.
        stream.Position = 0;
        Assert.Equal(80, (await small.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken)).CachedTokens);
        RequestMix.AssertNothingHeld(small, 1024);
    }

    [Fact]
    public async Task Other_models_and_caches_are_refused_and_nothing_is_restored()
    {
        using MemoryStream stream = await SaveAsync(_options, Ids(1, 40));
        foreach ((string subject, string model, EngineOptions options) in new[]
        {
            ("cache type", TestData.Stories260K, _options with { KvCacheType = KvCacheType.F16 }),
            ("block size", TestData.Stories260K, _options with { KvBlockSize = 16 }),
            ("model", TestData.Path("models/stories260K/stories260K.Q8_0.gguf"), _options with { KvCacheType = KvCacheType.F32 }),
        })
        {
            stream.Position = 0;
            await using InferenceEngine other = await InferenceEngine.LoadAsync(model, options);
            CacheMismatchException error = await Assert.ThrowsAsync<CacheMismatchException>(() => other.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal(subject, error.Subject);
            Assert.Equal(0, await CachedAsync(other, Ids(1, 40), null));
        }

        byte[] damaged = stream.ToArray();
        damaged[^1] ^= 1;
        await using InferenceEngine same = await InferenceEngine.LoadAsync(TestData.Stories260K, _options);
        await Assert.ThrowsAsync<CacheFormatException>(() => same.RestoreAsync(new MemoryStream(damaged), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(0, await CachedAsync(same, Ids(1, 40), null));
    }

    [Fact]
    public async Task Saving_and_restoring_amid_load_changes_nobodys_bits()
    {
        EngineOptions tight = _options with { KvCacheTokens = 320, MaxTokensPerStep = 32, MaxSequences = 6 };
        RecordedRequest[] alone = RequestMix.Create(5, 30);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(engine);
        }

        using MemoryStream stream = await SaveAsync(_options, Ids(1, 130));
        byte[] saved = stream.ToArray();
        RecordedRequest[] together = RequestMix.Create(5, 30);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, tight))
        {
            using var done = new CancellationTokenSource();
            Task traffic = Task.WhenAll(Enumerable.Range(0, 3).Select(i => Task.Run(() => KeepMovingAsync(engine, saved, i, done.Token))));
            await Task.WhenAll(together.Select(request => request.RunAsync(engine))).WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
            await done.CancelAsync();
            await traffic;
            // A cancelled transfer gives back what it holds at its turn, which comes before any later one's.
            await engine.SaveAsync(Ids(1, 8), new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken);
            RequestMix.AssertNothingHeld(engine, 1024);
        }

        for (int i = 0; i < alone.Length; i++)
            RecordedRequest.AssertSame(alone[i], together[i]);
    }

    [Fact]
    public async Task What_fails_fails_for_its_caller_alone()
    {
        using MemoryStream stream = await SaveAsync(_options, Ids(1, 130));
        bool broken = true;
        var device = new DelegatingDevice(new CpuDevice(1)) { OnBlock = () => Break(broken) };
        InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        await using (engine)
        {
            await Assert.ThrowsAsync<GenerationFailedException>(() => engine.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken));
            RequestMix.AssertNothingHeld(engine, 1024);
            broken = false;
            stream.Position = 0;
            await engine.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
            broken = true;
            await Assert.ThrowsAsync<GenerationFailedException>(() => engine.SaveAsync(Ids(1, 130), new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken));
            RequestMix.AssertNothingHeld(engine, 1024);
            broken = false;

            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.SaveAsync(Ids(1, 130), new MemoryStream(), cancellationToken: cancelled.Token));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.RestoreAsync(stream, cancellationToken: cancelled.Token));
            await Assert.ThrowsAsync<NotSupportedException>(() => engine.SaveAsync(Ids(1, 130), new MemoryStream([], writable: false), cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal(128, await CachedAsync(engine, Ids(1, 130), null));

            // Who hands over to another process drains first.
            await engine.DrainAsync(TestContext.Current.CancellationToken);
            Assert.Equal(128, (await engine.SaveAsync(Ids(1, 130), new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken)).CachedTokens);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await engine.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Disposal_ends_transfers_under_way()
    {
        using MemoryStream stream = await SaveAsync(_options, Ids(1, 130));
        using var entered = new SemaphoreSlim(0);
        using var gate = new ManualResetEventSlim();
        var device = new DelegatingDevice(new CpuDevice(1))
        {
            OnBlock = () =>
            {
                entered.Release();
                gate.Wait();
            },
        };
        InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        Task<RestoredConversation> first = engine.RestoreAsync(stream, cancellationToken: TestContext.Current.CancellationToken);
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        Task<SavedConversation> second = engine.SaveAsync(Ids(1, 130), new MemoryStream(), cancellationToken: TestContext.Current.CancellationToken);
        ValueTask disposal = engine.DisposeAsync();
        gate.Set();
        await disposal;
        // The first may have had its last turn by then.
        Exception? end = await Record.ExceptionAsync(() => first);
        Assert.True(end is null or EngineStoppedException);
        end = await Record.ExceptionAsync(() => second);
        Assert.True(end is null or EngineStoppedException or ObjectDisposedException);
        Assert.Equal(1, device.Disposals);
    }

    private static async Task KeepMovingAsync(InferenceEngine engine, byte[] saved, int which, CancellationToken done)
    {
        try
        {
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                if ((i + which) % 2 == 0)
                    await engine.RestoreAsync(new MemoryStream(saved), i % 3 == 0 ? "salt" : null, done);
                else
                    await engine.SaveAsync(Ids(1, 130), new MemoryStream(), i % 3 == 0 ? "salt" : null, done);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private static async Task<MemoryStream> SaveAsync(EngineOptions options, int[] prompt)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
        await engine.Submit(prompt, new() { MaxOutputTokens = 1 }).Completion;
        var stream = new MemoryStream();
        await engine.SaveAsync(prompt, stream, cancellationToken: TestContext.Current.CancellationToken);
        stream.Position = 0;
        return stream;
    }

    private static async Task<int> CachedAsync(InferenceEngine engine, int[] prompt, string? salt) =>
        (await engine.Submit(prompt, new() { MaxOutputTokens = 1, CacheSalt = salt }).Completion).Usage.CachedInputTokens;

    private static RecordedRequest Continue(int[] prompt) => new(prompt, new() { MaxOutputTokens = 20, IgnoreEndOfText = true, Temperature = 0.8f, Seed = 3 });

    private static void Break(bool now)
    {
        if (now)
            throw new InvalidOperationException("the device broke");
    }

    private static int[] Ids(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(3, 500))];
    }
}
