namespace Inference.Tests.Engine;

/// <summary>Random requests: short and long prompts, common beginnings, greedy, sampled and penalised, priorities and tenants.</summary>
internal static class RequestMix
{
    public static RecordedRequest[] Create(int seed, int count, int longestPrompt = 80, int longestOutput = 40)
    {
        var random = new Random(seed);
        int[][] beginnings = [[], Ids(random, longestPrompt / 2), Ids(random, longestPrompt * 3 / 4)];
        return Enumerable.Range(0, count).Select(i =>
        {
            int[] beginning = beginnings[random.Next(beginnings.Length)];
            int[] prompt = [.. beginning, .. Ids(random, random.Next(1, longestPrompt - beginning.Length + 1))];
            var options = new GenerationOptions
            {
                MaxOutputTokens = random.Next(1, longestOutput + 1),
                IgnoreEndOfText = random.Next(2) == 0,
                Temperature = random.Next(2) == 0 ? 0 : 0.9f,
                TopP = random.Next(3) == 0 ? 0.9f : 1,
                TopK = random.Next(3) == 0 ? 20 : 0,
                RepetitionPenalty = random.Next(4) == 0 ? 1.1f : 1,
                Seed = (ulong)i,
                Priority = random.Next(-1, 2),
                TenantId = random.Next(3) is var tenant and > 0 ? $"tenant {tenant}" : null,
                CacheSalt = random.Next(4) == 0 ? "salt" : null,
            };
            return new RecordedRequest(prompt, options);
        }).ToArray();
    }

    /// <summary>Asserts that an engine without open requests holds nothing of those it had.</summary>
    public static void AssertNothingHeld(InferenceEngine engine, int queuePlaces)
    {
        EngineStatistics statistics = engine.Statistics;
        Assert.Equal(statistics.TotalBlocks, statistics.FreeBlocks);
        Assert.Equal(0, statistics.Running);
        Assert.Equal(0, statistics.Waiting);
        Assert.Equal(queuePlaces, engine.FreeQueuePlaces);
    }

    private static int[] Ids(Random random, int count) => Enumerable.Range(0, count).Select(_ => random.Next(3, 500)).ToArray();
}
