namespace Inference.Tests.Engine;

/// <summary>The smallest and largest of every option: slower perhaps, but the same tokens and no hang.</summary>
public sealed class ExtremeOptionsTests
{
    public static TheoryData<string> Extremes => new(
        "one token a step", "one sequence", "a cache of one context", "blocks of 256", "blocks of 8", "a stream of one", "one place", "all at once");

    [Theory]
    [MemberData(nameof(Extremes))]
    public async Task Requests_get_their_tokens(string extreme)
    {
        var plain = new EngineOptions { Threads = 1, ContextLength = 96 };
        EngineOptions options = extreme switch
        {
            "one token a step" => plain with { MaxTokensPerStep = 1 },
            "one sequence" => plain with { MaxSequences = 1 },
            "a cache of one context" => plain with { KvCacheTokens = 96, KvBlockSize = 8 },
            "blocks of 256" => plain with { KvBlockSize = 256, KvCacheTokens = 512 },
            "blocks of 8" => plain with { KvBlockSize = 8 },
            "a stream of one" => plain with { StreamCapacity = 1 },
            "one place" => plain with { MaxQueuedRequests = 1 },
            _ => plain with { MaxTokensPerStep = 1, MaxSequences = 1, KvCacheTokens = 96, KvBlockSize = 32, StreamCapacity = 1, MaxQueuedRequests = 1, Threads = 3 },
        };
        RecordedRequest[] alone = RequestMix.Create(17, 16, longestPrompt: 60, longestOutput: 30);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, plain))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(engine);
        }

        RecordedRequest[] together = RequestMix.Create(17, 16, longestPrompt: 60, longestOutput: 30);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options))
        {
            // Half of them through their streams, so that readers pause and resume.
            await Task.WhenAll(together.Select((request, i) => i % 2 == 0 ? request.RunAsync(engine) : request.StreamAsync(engine))).WaitAsync(TimeSpan.FromSeconds(60));
            RequestMix.AssertNothingHeld(engine, options.MaxQueuedRequests);
        }

        for (int i = 0; i < alone.Length; i++)
            RecordedRequest.AssertSame(alone[i], together[i]);
    }

    [Fact]
    public async Task The_smallest_cache_limits_the_context_and_serves_it()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1, KvCacheTokens = 2, KvBlockSize = 8 });
        Assert.Equal(8, engine.ContextLength);
        GenerationResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => engine.Submit("Once", new() { IgnoreEndOfText = true }).Completion)).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.All(results, result => Assert.Equal(8, result.Usage.InputTokens + result.Usage.OutputTokens));
        Assert.All(results, result => Assert.Equal(results[0].Tokens, result.Tokens));
        Assert.Throws<ContextLengthExceededException>(() => engine.Submit(new[] { 1, 2, 3, 4, 5, 6, 7, 8 }));
    }
}
