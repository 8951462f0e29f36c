namespace Inference.Tests.Engine;

/// <summary>Promise 3: a caller that leaves costs nothing.</summary>
public sealed class CancellationTests
{
    [Fact]
    public async Task A_thousand_callers_who_leave_at_random_moments_leave_nothing_behind()
    {
        var options = new EngineOptions { Threads = 1, ContextLength = 256, MaxSequences = 16, KvCacheTokens = 1024, StreamCapacity = 8 };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
        var random = new Random(7);
        (int Seed, int Way)[] callers = Enumerable.Range(0, 1000).Select(i => (random.Next(), i % 5)).ToArray();

        await Parallel.ForEachAsync(callers, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (caller, _) => await Leave(engine, new Random(caller.Seed), caller.Way));

        await engine.DrainAsync();
        EngineStatistics statistics = engine.Statistics;
        Assert.Equal(statistics.TotalBlocks, statistics.FreeBlocks);
        Assert.Equal(0, statistics.Running);
        Assert.Equal(0, statistics.Waiting);
    }

    [Fact]
    public async Task Break_ends_the_request_as_cancelled_with_what_it_had()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1, StreamCapacity = 4 });
        Generation generation = engine.Submit("Once upon a time", new() { MaxOutputTokens = 100 });
        int read = 0;
        await foreach (GeneratedToken _ in generation)
        {
            if (++read == 3)
                break;
        }

        GenerationResult result = await generation.Completion;
        Assert.Equal(FinishReason.Cancelled, result.FinishReason);
        Assert.InRange(result.Tokens.Count, 3, 100);
        Assert.Equal(result.Tokens.Count, result.Usage.OutputTokens);
    }

    [Fact]
    public async Task A_cancelled_token_throws_from_the_enumeration_at_once()
    {
        // So narrow a stream that the engine cannot be done before the reader leaves.
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1, StreamCapacity = 4 });
        using var cancellation = new CancellationTokenSource();
        int read = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GeneratedToken _ in engine.GenerateAsync("Once upon a time", cancellationToken: cancellation.Token))
            {
                if (++read == 2)
                    await cancellation.CancelAsync();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await engine.GenerateAsync("Once", cancellationToken: cancellation.Token).GetAsyncEnumerator().MoveNextAsync());
        await engine.DrainAsync();
        Assert.Equal(engine.Statistics.TotalBlocks, engine.Statistics.FreeBlocks);
    }

    [Fact]
    public async Task Forks_samples_races_pins_and_shared_computations_left_at_random_moments_leave_nothing_behind()
    {
        var options = new EngineOptions { Threads = 1, ContextLength = 128, MaxSequences = 12, KvCacheTokens = 768, KvBlockSize = 8, StreamCapacity = 4, MaxQueuedRequests = 64 };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
        (int Seed, int Way)[] callers = Enumerable.Range(0, 400).Select(i => (i, i % 6)).ToArray();

        await Parallel.ForEachAsync(callers, new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (caller, _) =>
        {
            try
            {
                await Split(engine, new Random(caller.Seed), caller.Way).WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
            }
            catch (Exception error) when (error is QueueFullException or CacheCapacityException)
            {
                // The queue or the cache is full: what it has submitted before that is cancelled all the same.
            }
        });

        await engine.DrainAsync();
        Assert.Equal(0, engine.Statistics.PinnedBlocks);
        RequestMix.AssertNothingHeld(engine, 64);
        Assert.True(engine.IsHealthy);
    }

    private static async Task Split(InferenceEngine engine, Random random, int way)
    {
        int[] prompt = [.. Enumerable.Repeat(7, random.Next(1, 40)), .. Enumerable.Range(0, random.Next(1, 10)).Select(_ => random.Next(3, 500))];
        var options = new GenerationOptions { MaxOutputTokens = random.Next(1, 30), Temperature = random.Next(2), Seed = (ulong)random.Next(2), IgnoreEndOfText = true, Coalesce = random.Next(2) == 0 };
        switch (way)
        {
            case 0: // a family of forks, all cancelled in some order
                List<Generation> family = [await engine.SubmitAsync(prompt, options)];
                try
                {
                    for (int i = random.Next(1, 6); i > 0; i--)
                    {
                        family.Add(family[random.Next(family.Count)].Fork(random.Next(2) == 0 ? options : null));
                        if (random.Next(3) == 0)
                            await Task.Yield();
                        if (random.Next(3) == 0)
                            family[random.Next(family.Count)].Cancel();
                    }
                }
                finally
                {
                    foreach (Generation one in family.Where((_, i) => i % 2 == 0))
                        one.Cancel();
                    await Task.WhenAll(family.Select(one => one.Completion));
                }

                break;
            case 1: // samples, of which one is read and the others are left
                IReadOnlyList<Generation> samples = engine.SubmitSamples(prompt, options, random.Next(1, 6));
                await foreach (GeneratedToken _ in samples[random.Next(samples.Count)])
                {
                    if (random.Next(8) == 0)
                        break;
                }

                foreach (Generation sample in samples)
                    sample.Cancel();
                break;
            case 2: // a race by text
                await engine.RaceByTextAsync([prompt, prompt, "Once"], text => text.Length > random.Next(20), options);
                break;
            case 3: // a race of forks that is cancelled
                using (var cancellation = new CancellationTokenSource())
                {
                    try
                    {
                        Generation parent = await engine.SubmitAsync(prompt, options, cancellation.Token);
                        Generation[] contenders = [parent, parent.Fork(options, cancellation.Token), parent.Fork(options, cancellation.Token)];
                        Task<RaceResult> race = contenders.RaceAsync(_ => false, cancellation.Token);
                        await cancellation.CancelAsync();
                        try
                        {
                            // All contenders may have come to their end before that.
                            Assert.Null((await race).Winner);
                        }
                        catch (OperationCanceledException)
                        {
                            Assert.True(race.IsCanceled);
                        }
                    }
                    finally
                    {
                        // A fork may have been refused before there was a race.
                        await cancellation.CancelAsync();
                    }
                }

                break;
            case 4: // equal requests of which all but the last leave
                Generation[] equal = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => engine.SubmitAsync(prompt, options with { Coalesce = true })));
                foreach (Generation one in equal[..^1])
                    one.Cancel();
                Assert.Equal(options.MaxOutputTokens, (await equal[^1].Completion).Tokens.Count);
                break;
            default: // a pin, in use or not
                using (PinnedPrefix pinned = await engine.PinPrefixAsync(prompt))
                {
                    Generation user = engine.Submit((int[])[.. prompt, 5], options);
                    if (random.Next(2) == 0)
                        user.Cancel();
                    await user.Completion;
                }

                break;
        }
    }

    private static async Task Leave(InferenceEngine engine, Random random, int way)
    {
        int[] prompt = Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(3, 500)).ToArray();
        var options = new GenerationOptions { MaxOutputTokens = random.Next(1, 40), IgnoreEndOfText = true };
        int after = random.Next(0, 20);
        int read = 0;
        using var cancellation = new CancellationTokenSource();
        switch (way)
        {
            case 0: // break
                await foreach (GeneratedToken _ in engine.GenerateAsync(prompt, options))
                {
                    if (read++ >= after)
                        break;
                }

                break;
            case 1: // cancel the token from within
                try
                {
                    await foreach (GeneratedToken _ in engine.GenerateAsync(prompt, options, cancellation.Token))
                    {
                        if (read++ >= after)
                            await cancellation.CancelAsync();
                    }
                }
                catch (OperationCanceledException)
                {
                    Assert.True(cancellation.IsCancellationRequested);
                }

                break;
            case 2: // cancel from another thread, whenever that comes
                Generation elsewhere = engine.Submit(prompt, options, cancellation.Token);
                Task cancel = Task.Run(cancellation.Cancel, CancellationToken.None);
                await elsewhere.Completion;
                await cancel;
                break;
            case 3: // cancel the handle, never enumerate
                Generation handle = engine.Submit(prompt, options);
                handle.Cancel();
                handle.Cancel();
                await handle.Completion;
                break;
            default: // an exception in the reader
                await Assert.ThrowsAsync<InvalidOperationException>(async () =>
                {
                    await foreach (GeneratedToken _ in engine.GenerateAsync(prompt, options))
                        throw new InvalidOperationException("the reader fails");
                });
                break;
        }
    }
}
