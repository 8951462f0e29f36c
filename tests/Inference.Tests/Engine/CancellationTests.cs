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
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1 });
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
