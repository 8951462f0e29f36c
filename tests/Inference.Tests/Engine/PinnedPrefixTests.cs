namespace Inference.Tests.Engine;

/// <summary>A pinned prefix stays whatever else fills the cache.</summary>
public sealed class PinnedPrefixTests
{
    // 20 blocks of 8, of which the longest request takes 8.
    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 64, KvBlockSize = 8, KvCacheTokens = 160 };

    [Fact]
    public async Task A_pinned_prefix_outlives_what_would_have_evicted_it()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        int[] prefix = Ids(1, 37);
        using PinnedPrefix pinned = await engine.PinPrefixAsync(prefix);
        Assert.Equal(32, pinned.TokenCount);
        EngineStatistics held = engine.Statistics;
        Assert.Equal((4, 16, 0, 0), (held.PinnedBlocks, held.FreeBlocks, held.Running, held.Waiting));

        // Far more than the cache holds.
        for (int i = 2; i < 12; i++)
            await engine.Submit(Ids(i, 50), new() { MaxOutputTokens = 13, IgnoreEndOfText = true }).Completion;
        GenerationResult result = await engine.Submit((int[])[.. prefix, 5, 6], new() { MaxOutputTokens = 2 }).Completion;
        Assert.Equal(32, result.Usage.CachedInputTokens);
        Assert.Equal(0, (await engine.Submit((int[])[.. prefix, 5, 6], new() { MaxOutputTokens = 2, CacheSalt = "a" }).Completion).Usage.CachedInputTokens);

        pinned.Dispose();
        pinned.Dispose();
        for (int i = 2; i < 12; i++)
            await engine.Submit(Ids(i, 50), new() { MaxOutputTokens = 13, IgnoreEndOfText = true }).Completion;
        Assert.Equal(0, (await engine.Submit((int[])[.. prefix, 5, 6], new() { MaxOutputTokens = 2 }).Completion).Usage.CachedInputTokens);
        Assert.Equal(0, engine.Statistics.PinnedBlocks);
        RequestMix.AssertNothingHeld(engine, 1024);
    }

    [Fact]
    public async Task The_same_prefix_can_be_pinned_twice_and_is_held_until_both_are_gone()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        PinnedPrefix[] both = await Task.WhenAll(engine.PinPrefixAsync(Ids(1, 16), "salt"), engine.PinPrefixAsync(Ids(1, 16), "salt"));
        Assert.Equal((4, 18), (engine.Statistics.PinnedBlocks, engine.Statistics.FreeBlocks));
        both[0].Dispose();
        await engine.Submit("Once", new() { MaxOutputTokens = 1 }).Completion;
        Assert.Equal((2, 18), (engine.Statistics.PinnedBlocks, engine.Statistics.FreeBlocks));
        both[1].Dispose();
        await engine.Submit("Once", new() { MaxOutputTokens = 1 }).Completion;
        RequestMix.AssertNothingHeld(engine, 1024);
    }

    [Fact]
    public async Task The_longest_request_always_has_room()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        // 12 blocks may be pinned.
        using PinnedPrefix first = await engine.PinPrefixAsync(Ids(1, 56));
        CacheCapacityException error = await Assert.ThrowsAsync<CacheCapacityException>(() => engine.PinPrefixAsync(Ids(2, 48)));
        Assert.Equal((6, 5), (error.NeededBlocks, error.AvailableBlocks));
        using PinnedPrefix second = await engine.PinPrefixAsync(Ids(2, 40));
        Assert.Equal(12, engine.Statistics.PinnedBlocks);
        GenerationResult[] results = await Task.WhenAll(
            Enumerable.Range(3, 6).Select(i => engine.Submit(Ids(i, 30), new() { IgnoreEndOfText = true }).Completion)).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.All(results, result => Assert.Equal(34, result.Tokens.Count));
    }

    [Fact]
    public async Task What_cannot_be_pinned_is_refused_and_holds_nothing()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => engine.PinPrefixAsync(Ids(1, 64)));
        await Assert.ThrowsAsync<InvalidPromptException>(() => engine.PinPrefixAsync(new[] { 9999 }));
        using (PinnedPrefix empty = await engine.PinPrefixAsync(Ids(1, 7)))
            Assert.Equal(0, empty.TokenCount);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.PinPrefixAsync(Ids(1, 16), cancellationToken: cancellation.Token));
        Assert.Equal(0, engine.Statistics.PinnedBlocks);
        RequestMix.AssertNothingHeld(engine, 1024);

        await using InferenceEngine without = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { PrefixCaching = false });
        await Assert.ThrowsAsync<InvalidOperationException>(() => without.PinPrefixAsync(Ids(1, 16)));
    }

    [Fact]
    public async Task A_pin_whose_step_fails_leaves_nothing_reserved()
    {
        var device = new DelegatingDevice(new Inference.Cpu.CpuDevice(1)) { OnStep = (step, _) => Break(step == 0) };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device });
        await Assert.ThrowsAsync<GenerationFailedException>(() => engine.PinPrefixAsync(Ids(1, 16)));
        Assert.Equal(0, engine.Statistics.PinnedBlocks);
        RequestMix.AssertNothingHeld(engine, 1024);
    }

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
