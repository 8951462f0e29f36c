namespace Inference.Tests.Engine;

/// <summary>Promise 8: no managed allocation per token in the steady loop.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Steady_decoding_allocates_nothing(int requests)
    {
        const int Tokens = 400;
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1, ContextLength = 512 });
        long[] allocated = new long[Tokens];
        int seen = 0;

        // The observer runs on the engine's thread, once a token: what that thread allocates between two calls is what a step costs.
        var watched = new GenerationOptions
        {
            MaxOutputTokens = Tokens,
            IgnoreEndOfText = true,
            LogitsObserver = (position, _) => allocated[seen = position - 5] = GC.GetAllocatedBytesForCurrentThread(),
        };
        // Texts of tokens are made when a token first occurs, and kept: the second round meets the same tokens.
        for (int round = 0; round < 2; round++)
        {
            Task<GenerationResult>[] others = Enumerable.Range(1, requests - 1)
                .Select(i => engine.Submit("Once upon a time", new() { MaxOutputTokens = Tokens, IgnoreEndOfText = true, Temperature = 0.8f, TopP = 0.9f, Seed = (ulong)i }).Completion)
                .ToArray();
            await engine.Submit("Once upon a time", watched).Completion;
            await Task.WhenAll(others);
        }

        Assert.Equal(Tokens - 1, seen);
        int allocating = Enumerable.Range(100, 200).Count(i => allocated[i + 1] != allocated[i]);
        // Lists of tokens and text double now and then: a few of the 200 steps for each request. Nothing else may allocate.
        Assert.InRange(allocating, 0, 50);
    }
}
