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
            int[] order = Enumerable.Range(0, together.Length).ToArray();
            random.Shuffle(order);
            await Task.WhenAll(order.Select(i => i % 3 == 0 ? together[i].StreamAsync(engine) : together[i].RunAsync(engine))).WaitAsync(TimeSpan.FromSeconds(60));
            await Task.WhenAll(leaving).WaitAsync(TimeSpan.FromSeconds(60));
            await engine.DrainAsync();
            RequestMix.AssertNothingHeld(engine, options.MaxQueuedRequests);
            for (int i = 0; i < alone.Length; i++)
                RecordedRequest.AssertSame(alone[i], together[i]);
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
