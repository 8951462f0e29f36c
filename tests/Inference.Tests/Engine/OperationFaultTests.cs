using Inference.Cpu;
using Inference.Tests.Formats;
using Inference.Tests.Models;

namespace Inference.Tests.Engine;

/// <summary>Promise 4: whatever fails, and wherever, every request ends with a result or a typed error, and nothing is lost.</summary>
public sealed class OperationFaultTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly EngineOptions _options = new()
    {
        Threads = 1, ContextLength = 64, MaxTokensPerStep = 16, MaxSequences = 4, KvCacheTokens = 96, KvBlockSize = 8, MaxQueuedRequests = 16,
    };

    // Together they have every operation that a decoder is made of.
    private static readonly PlainShape[] _shapes =
    [
        new("llama", 64, 1, 4, 2, 16, 96, new(16)),
        new("gemma2", 48, 2, 4, 2, 16, 80, new(16)) { IsTied = true, Window = 8, GlobalEvery = 2, AttentionCap = 4, LogitCap = 2.5, Epsilon = 1e-6 },
        new("gpt-oss", 48, 2, 6, 2, 16, 40, new(16, 10000)) { Experts = 6, ChosenExperts = 2, Window = 8, GlobalEvery = 2 },
        new("gpt2", 48, 1, 4, 4, 12, 192, new(12)) { IsTied = true },
        new("falcon-7b", 48, 1, 6, 1, 8, 192, new(8)) { IsTied = true, Context = 2048 },
    ];

    public static TheoryData<string> Families => [.. _shapes.Select(shape => shape.Family)];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Every_operation_of_a_run_may_fail(string family)
    {
        using TemporaryFolder folder = new();
        PlainShape shape = _shapes.Single(shape => shape.Family == family);
        string model = folder.Write("model.gguf", new GgufModelFile(shape, RandomModel.Create(shape, 1)).ToBytes());
        RecordedRequest[] alone = Mix();
        await using (InferenceEngine plain = await InferenceEngine.LoadAsync(model, _options with { PrefixCaching = false }))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(plain);
        }

        int operations = 0, failAt = -1;
        Exception fault = new InvalidOperationException("the device broke");
        var device = new DelegatingDevice(new SelectingDevice(new CpuDevice(1)))
        {
            OnOperation = _ =>
            {
                if (operations++ == failAt)
                    throw fault;
            },
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(model, _options with { Device = device });
        int rounds = 0;
        for (bool reached = true; reached; rounds++)
        {
            fault = rounds % 2 == 0 ? new InvalidOperationException("the device broke") : new InsufficientMemoryException("no memory for a kernel");
            (operations, failAt) = (0, rounds);
            long failures = engine.Statistics.FailedSteps;
            RecordedRequest[] together = Mix();
            Task[] runs = together.Select(request => request.RunAsync(engine)).ToArray();
            int failed = 0;
            for (int i = 0; i < runs.Length; i++)
            {
                try
                {
                    await runs[i].WaitAsync(_patience);
                    RecordedRequest.AssertSame(alone[i], together[i]);
                }
                catch (GenerationFailedException error)
                {
                    Assert.Same(fault, error.InnerException);
                    failed++;
                }
            }

            reached = operations > failAt;
            Assert.Equal(reached ? 1 : 0, engine.Statistics.FailedSteps - failures);
            Assert.InRange(failed, reached ? 1 : 0, reached ? _options.MaxSequences : 0);
            RequestMix.AssertNothingHeld(engine, _options.MaxQueuedRequests);
        }

        Assert.True(rounds > 60, $"only {rounds} operations");
        Assert.True(engine.IsHealthy);
        Assert.Null(engine.Failure);

        static RecordedRequest[] Mix() => RequestMix.Create(3, 5, longestPrompt: 24, longestOutput: 6);
    }

    [Fact]
    public async Task A_device_that_always_fails_ends_every_request_and_is_counted()
    {
        var device = new DelegatingDevice(new CpuDevice(1)) { OnOperation = operation => throw new InvalidOperationException("the device is gone") };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        for (int i = 0; i < 10; i++)
            await Assert.ThrowsAsync<GenerationFailedException>(() => engine.Submit("Once").Completion.WaitAsync(_patience));
        Assert.Equal(10, engine.Statistics.FailedSteps);
        Assert.Equal(0, engine.Statistics.Steps);
        RequestMix.AssertNothingHeld(engine, _options.MaxQueuedRequests);
        device.OnOperation = null;
        Assert.Equal(3, (await engine.Submit("Once", new() { MaxOutputTokens = 3 }).Completion).Tokens.Count);
        Assert.True(engine.IsHealthy);
    }

    [Fact]
    public async Task A_consumer_that_throws_ends_its_own_request_alone()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { StreamCapacity = 2 });
        Task<GenerationResult> other = engine.Submit("Once", new() { MaxOutputTokens = 40 }).Completion;
        Generation thrown = engine.Submit("Once upon a time");
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (GeneratedToken _ in thrown)
                throw new FormatException("the consumer's own");
        });
        Assert.Equal(FinishReason.Cancelled, (await thrown.Completion.WaitAsync(_patience)).FinishReason);
        Assert.Equal(40, (await other.WaitAsync(_patience)).Tokens.Count);
        RequestMix.AssertNothingHeld(engine, _options.MaxQueuedRequests);
    }

    [Fact]
    public async Task Callers_who_vanish_give_way_to_those_who_are_there()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { StreamCapacity = 1, MaxSequences = 16 });
        // Nobody reads these: each stops after a token, and together they hold more than the cache has beside a long request.
        for (int i = 0; i < 4; i++)
            engine.Submit(Enumerable.Range(3 + i, 20).ToArray(), new() { MaxOutputTokens = 40, IgnoreEndOfText = true });
        GenerationResult there = await engine.Submit(Enumerable.Range(100, 40).ToArray(), new() { MaxOutputTokens = 23, IgnoreEndOfText = true }).Completion.WaitAsync(_patience);
        Assert.Equal(23, there.Tokens.Count);
        await engine.StopAsync().WaitAsync(_patience);
        RequestMix.AssertNothingHeld(engine, _options.MaxQueuedRequests);
    }

    [Fact]
    public void A_kernels_buffer_without_memory_is_empty_and_usable()
    {
        using var buffer = new NativeBuffer(100);
        Assert.Throws<OutOfMemoryException>(() => buffer.Reserve(nuint.MaxValue / 4));
        Assert.Equal(0u, buffer.ByteLength);
        buffer.Reserve(64);
        Assert.True(buffer.ByteLength >= 64);
    }

    [Fact]
    public async Task Times_of_steps_add_up()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options);
        await engine.Submit("Once", new() { MaxOutputTokens = 20, IgnoreEndOfText = true, Temperature = 1, Seed = 1 }).Completion;
        await engine.DrainAsync();
        EngineStatistics statistics = engine.Statistics;
        Assert.True(statistics.ForwardTime > TimeSpan.Zero);
        Assert.True(statistics.SamplingTime > TimeSpan.Zero);
        Assert.True(statistics.OverheadTime >= TimeSpan.Zero);
        Assert.Equal(statistics.StepTime, statistics.ForwardTime + statistics.SamplingTime + statistics.OverheadTime);
    }
}
