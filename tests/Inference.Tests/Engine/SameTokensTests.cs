namespace Inference.Tests.Engine;

/// <summary>Promise 1: a request's logits are bit-identical alone and in any company.</summary>
public sealed class SameTokensTests
{
    public static TheoryData<string> Models => new(
        TestData.Stories260K,
        TestData.Path("models/stories260K/stories260K.Q8_0.gguf"),
        TestData.Path("models/TinyStories-656K/TinyStories-656K.Q4_0.gguf"),
        TestData.Path("models/TinyStories-656K/TinyStories-656K.Q5_1.gguf"));

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Sixty_four_requests_together_give_the_bits_of_each_alone(string model)
    {
        RecordedRequest[] alone = Requests(64);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(model, new EngineOptions { Threads = 1, ContextLength = 256, PrefixCaching = false }))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(engine);
        }

        // A small step cuts prompts into chunks; a small cache forces preemption; two threads split every operation.
        RecordedRequest[] together = Requests(64);
        var options = new EngineOptions { Threads = 2, ContextLength = 256, MaxTokensPerStep = 24, MaxSequences = 16, KvCacheTokens = 512, KvBlockSize = 8 };
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(model, options))
        {
            await Task.WhenAll(together.Select(request => request.RunAsync(engine)));
            Assert.True(engine.Statistics.Preemptions > 0, "no request was preempted");
            Assert.True(together.Sum(r => r.Result!.Usage.CachedInputTokens) > 0, "no prefix was shared");
            Assert.Equal(engine.Statistics.TotalBlocks, engine.Statistics.FreeBlocks);
        }

        for (int i = 0; i < alone.Length; i++)
            RecordedRequest.AssertSame(alone[i], together[i]);
    }

    /// <summary>Prompts of 1 to 150 tokens, a third of them with a common beginning; greedy, sampled and penalised.</summary>
    private static RecordedRequest[] Requests(int count)
    {
        var random = new Random(20261122);
        int[] common = Ids(random, 70);
        return Enumerable.Range(0, count).Select(i =>
        {
            int[] own = Ids(random, random.Next(1, 80));
            int[] prompt = i % 3 == 0 ? [.. common, .. own] : own;
            var options = new GenerationOptions
            {
                MaxOutputTokens = random.Next(1, 60),
                Temperature = i % 2 == 0 ? 0 : 0.9f,
                TopP = i % 4 == 1 ? 0.9f : 1,
                TopK = i % 4 == 3 ? 20 : 0,
                RepetitionPenalty = i % 5 == 0 ? 1.1f : 1,
                Seed = (ulong)i,
                Priority = i % 7 == 0 ? 1 : 0,
                TenantId = $"tenant {i % 3}",
            };
            return new RecordedRequest(prompt, options);
        }).ToArray();
    }

    private static int[] Ids(Random random, int count) => Enumerable.Range(0, count).Select(_ => random.Next(3, 500)).ToArray();
}
