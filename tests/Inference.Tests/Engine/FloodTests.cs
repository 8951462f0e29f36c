using System.Collections.Concurrent;

namespace Inference.Tests.Engine;

/// <summary>Far more callers than places, most of whom behave badly: nothing is lost, leaked or left hanging.</summary>
public sealed class FloodTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_queue_flooded_a_hundredfold_ends_every_request_and_keeps_every_place()
    {
        const int Places = 32;
        var options = new EngineOptions { Threads = 2, ContextLength = 64, MaxTokensPerStep = 64, MaxSequences = 8, KvCacheTokens = 256, KvBlockSize = 8, MaxQueuedRequests = Places, StreamCapacity = 2 };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
        var outcomes = new ConcurrentDictionary<string, int>();
        using var longLived = new CancellationTokenSource();
        await Parallel.ForEachAsync(Enumerable.Range(0, 100 * Places), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            string outcome;
            try
            {
                outcome = (await Behave(engine, i, longLived.Token).WaitAsync(_patience, CancellationToken.None)).FinishReason.ToString();
            }
            catch (Exception error) when (error is InferenceException or OperationCanceledException or ArgumentException)
            {
                outcome = error.GetType().Name;
            }

            outcomes.AddOrUpdate(outcome, 1, (_, count) => count + 1);
        });

        await engine.DrainAsync().WaitAsync(_patience);
        RequestMix.AssertNothingHeld(engine, Places);
        Assert.Equal(100 * Places, outcomes.Values.Sum());
        Assert.Contains(nameof(QueueFullException), outcomes.Keys);
        Assert.Contains(nameof(GenerationFailedException), outcomes.Keys);
        Assert.Contains(nameof(FinishReason.Length), outcomes.Keys);
        Assert.Contains(nameof(FinishReason.Cancelled), outcomes.Keys);
        Assert.True(engine.IsHealthy);
    }

    [Fact]
    public async Task Readers_of_every_pace_get_every_token()
    {
        for (int capacity = 1; capacity <= 4; capacity++)
        {
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1, ContextLength = 128, StreamCapacity = capacity, MaxSequences = 16 });
            GenerationResult expected = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 60 }).Completion;
            await Task.WhenAll(Enumerable.Range(0, 48).Select(i => Task.Run(() => Read(engine, new Random(i), expected)))).WaitAsync(_patience);
            RequestMix.AssertNothingHeld(engine, 1024);
        }
    }

    [Fact]
    public async Task A_long_lived_token_does_not_keep_requests_that_have_ended()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1, ContextLength = 64 });
        using var longLived = new CancellationTokenSource();
        var ended = new List<WeakReference>();
        for (int i = 0; i < 50; i++)
            ended.Add(await Run(engine, longLived.Token));
        // The engine's own lists still name the latest ones until other requests take their places.
        for (int i = 0; i < 4; i++)
            await engine.Submit("Once", new() { MaxOutputTokens = 2 }).Completion;
        Assert.True(SpinWait.SpinUntil(() => Alive(ended) <= 2, _patience), $"{Alive(ended)} requests are kept");

        static int Alive(List<WeakReference> ended)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return ended.Count(reference => reference.IsAlive);
        }

        static async Task<WeakReference> Run(InferenceEngine engine, CancellationToken token)
        {
            Generation generation = engine.Submit("Once", new() { MaxOutputTokens = 2 }, token);
            await foreach (GeneratedToken _ in generation)
            {
            }

            await generation.Completion;
            return new WeakReference(generation);
        }
    }

    private static async Task Read(InferenceEngine engine, Random random, GenerationResult expected)
    {
        Generation generation = await engine.SubmitAsync("Once upon a time", new() { MaxOutputTokens = 60 });
        var tokens = new List<int>();
        int collectAt = random.Next(0, 120);
        await foreach (GeneratedToken token in generation)
        {
            tokens.Add(token.Id);
            for (int yields = random.Next(0, 4); yields > 0; yields--)
                await Task.Yield();
            if (tokens.Count == collectAt)
                Assert.False(generation.Completion.IsFaulted);
        }

        Assert.Equal(expected.Tokens, tokens);
        Assert.Equal(expected.Text, (await generation.Completion).Text);
    }

    private static async Task<GenerationResult> Behave(InferenceEngine engine, int i, CancellationToken longLived)
    {
        var random = new Random(i);
        int[] prompt = Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(3, 500)).ToArray();
        var options = new GenerationOptions { MaxOutputTokens = random.Next(1, 12), IgnoreEndOfText = true, TenantId = $"{i % 5}", Priority = i % 3 };
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(longLived);
        switch (i % 8)
        {
            case 0:
                return await engine.Submit(prompt, options, longLived).Completion;
            case 1:
                return await (await engine.SubmitAsync(prompt, options, longLived)).Completion;
            case 2: // an invalid prompt, which has taken a place
                return await engine.Submit(Array.Empty<int>(), options, longLived).Completion;
            case 3: // leaves the stream
                Generation left = await engine.SubmitAsync(prompt, options, cancellation.Token);
                await foreach (GeneratedToken _ in left)
                    break;
                return await left.Completion;
            case 4: // gives up waiting for a place, or the request
                Task<Generation> waits = engine.SubmitAsync(prompt, options, cancellation.Token);
                await cancellation.CancelAsync();
                return await (await waits).Completion;
            case 5: // fails while it is sampled
                return await (await engine.SubmitAsync(prompt, options with { LogitsObserver = (_, _) => throw new InvalidOperationException("the caller's code") }, longLived)).Completion;
            case 6: // is out of time at once
                return await (await engine.SubmitAsync(prompt, options with { Deadline = TimeSpan.FromTicks(1) }, longLived)).Completion;
            default: // cancels from two sides while the request ends
                Generation both = engine.Submit(prompt, options with { MaxOutputTokens = 1 }, cancellation.Token);
                await Task.WhenAll(Task.Run(both.Cancel, CancellationToken.None), cancellation.CancelAsync());
                return await both.Completion;
        }
    }
}
