using Inference.Execution;

namespace Inference.Tests.Engine;

/// <summary>Promise 1 over random engines and random company.</summary>
public sealed class SameTokensFuzzTests
{
    private static readonly string _quantized = TestData.Path("models/stories260K/stories260K.Q8_0.gguf");

    [Theory]
    [InlineData(KvCacheType.F32, false)]
    [InlineData(KvCacheType.F16, true)]
    [InlineData(KvCacheType.Q8_0, true)]
    [InlineData(KvCacheType.Q8_0, false)]
    public async Task Any_engine_gives_any_request_the_bits_it_gets_alone(KvCacheType type, bool quantized)
    {
        string model = quantized ? _quantized : TestData.Stories260K;
        var random = new Random(((int)type * 2) + (quantized ? 1 : 0));
        int mix = random.Next();
        RecordedRequest[] alone = RequestMix.Create(mix, 32);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(model, new EngineOptions { Threads = 1, ContextLength = 160, KvCacheType = type, PrefixCaching = false }))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(engine);
        }

        for (int round = 0; round < 6; round++)
        {
            var options = new EngineOptions
            {
                Threads = random.Next(1, 4),
                ContextLength = 160,
                KvCacheType = type,
                KvBlockSize = 8 << random.Next(0, 4),
                KvCacheTokens = random.Next(160, 600),
                MaxTokensPerStep = random.Next(2) == 0 ? random.Next(1, 16) : random.Next(16, 200),
                MaxSequences = random.Next(1, 32),
                PrefixCaching = random.Next(4) > 0,
                StreamCapacity = random.Next(1, 8),
            };
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(model, options);
            RecordedRequest[] together = RequestMix.Create(mix, 32);
            // Every fourth request has a twin that leaves at some point: its blocks are taken over, shared and evicted around the others.
            Task[] leaving = together.Where((_, i) => i % 4 == 0).Select(request => LeaveAfter(engine, request, random.Next(0, 10))).ToArray();
            // Every fifth has a fork at some moment that goes on as itself, and samples of it of which all but the first leave.
            Task[] forking = alone.Where((_, i) => i % 5 == 0).Select(request => ForkSomewhere(engine, request, random.Next(0, 10))).ToArray();
            int[] order = Enumerable.Range(0, together.Length).ToArray();
            random.Shuffle(order);
            await Task.WhenAll(order.Select(i => i % 3 == 0 ? together[i].StreamAsync(engine) : together[i].RunAsync(engine))).WaitAsync(TimeSpan.FromSeconds(60));
            await Task.WhenAll([.. leaving, .. forking]).WaitAsync(TimeSpan.FromSeconds(60));
            await engine.DrainAsync();
            RequestMix.AssertNothingHeld(engine, options.MaxQueuedRequests);
            for (int i = 0; i < alone.Length; i++)
                RecordedRequest.AssertSame(alone[i], together[i]);
        }
    }

    /// <summary>Starts a request, forks it after some tokens, forks the fork, and asserts that all go on as the request alone did, bit by bit.</summary>
    private static async Task ForkSomewhere(InferenceEngine engine, RecordedRequest alone, int tokens)
    {
        var again = new RecordedRequest(alone.Prompt, alone.Options);
        GenerationOptions plain = alone.Options with { LogitsObserver = null };
        IReadOnlyList<Generation> samples = engine.SubmitSamples(alone.Prompt, plain, 3);
        samples[1].Cancel();
        Generation? fork = null, second = null;
        await foreach (GeneratedToken token in samples[0])
        {
            if (tokens-- > 0 && token.FinishReason is null)
                continue;
            GenerationOptions shorter = again.Options with { MaxOutputTokens = 20 };
            fork = samples[0].Fork(shorter);
            second = fork.Fork(shorter);
            break;
        }

        samples[2].Cancel();
        foreach (Generation generation in new[] { fork!, second! })
        {
            GenerationResult result = await generation.Completion;
            int from = generation.PromptTokens.Count - alone.Prompt.Length;
            Assert.Equal(alone.Result!.Tokens.Take(from), generation.PromptTokens.Skip(alone.Prompt.Length));
            int common = Math.Min(result.Tokens.Count, alone.Result.Tokens.Count - from);
            Assert.Equal(alone.Result.Tokens.Skip(from).Take(common), result.Tokens.Take(common));
        }

        foreach ((int position, string logits) in again.Logits)
        {
            if (alone.Logits.TryGetValue(position, out string? expected))
                Assert.Equal(expected, logits);
        }
    }

    private static async Task LeaveAfter(InferenceEngine engine, RecordedRequest request, int tokens)
    {
        // Without the record: the twin must not write into it.
        Generation generation = await engine.SubmitAsync(request.Prompt, request.Options with { LogitsObserver = null });
        await foreach (GeneratedToken _ in generation)
        {
            if (tokens-- == 0)
                break;
        }
    }
}
