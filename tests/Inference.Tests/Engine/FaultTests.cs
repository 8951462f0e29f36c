using Inference.Cpu;
using Inference.Sampling;

namespace Inference.Tests.Engine;

/// <summary>Promise 4: one bad request, or one bad step, never hurts another.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_step_that_fails_ends_its_requests_and_the_engine_goes_on()
    {
        var device = new DelegatingDevice(new CpuDevice(1)) { OnStep = (step, _) => Throw(step == 3) };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = device });

        Generation first = engine.Submit("Once upon a time", new() { MaxOutputTokens = 20 });
        var error = await Assert.ThrowsAsync<GenerationFailedException>(() => first.Completion);
        Assert.Contains("the device broke", error.Message, StringComparison.Ordinal);
        var read = await Assert.ThrowsAsync<GenerationFailedException>(async () =>
        {
            await foreach (GeneratedToken _ in first)
            {
            }
        });
        Assert.Same(error, read);

        GenerationResult second = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 20 }).Completion;
        Assert.Equal(20, second.Tokens.Count);
        Assert.True(engine.IsHealthy);
        Assert.Equal(engine.Statistics.TotalBlocks, engine.Statistics.FreeBlocks);
    }

    [Fact]
    public async Task Logits_that_are_not_numbers_end_their_request_alone()
    {
        var device = new DelegatingDevice(new CpuDevice(1));
        bool poison = false;
        device.OnRead = row =>
        {
            float[] copy = row.ToArray();
            if (Volatile.Read(ref poison))
                copy[5] = float.NaN;
            return copy;
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Device = device });

        Generation greedy = engine.Submit("Once upon a time", new() { MaxOutputTokens = 30 });
        Volatile.Write(ref poison, true);
        Generation sampled = engine.Submit("Once upon a time", new() { MaxOutputTokens = 30, Temperature = 1 });
        await Assert.ThrowsAsync<InvalidLogitsException>(() => sampled.Completion);
        Assert.Equal(30, (await greedy.Completion).Tokens.Count);
    }

    [Fact]
    public async Task An_exception_while_sampling_ends_its_request_alone()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1 });
        Generation bad = engine.Submit("Once", new() { MaxOutputTokens = 30, LogitsObserver = (position, _) => Throw(position > 8) });
        Generation good = engine.Submit("Once", new() { MaxOutputTokens = 30 });
        await Assert.ThrowsAsync<GenerationFailedException>(() => bad.Completion);
        Assert.Equal(30, (await good.Completion).Tokens.Count);
    }

    [Fact]
    public async Task Disposing_ends_open_requests_with_a_typed_error()
    {
        InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1, StreamCapacity = 2 });
        Generation[] open = Enumerable.Range(0, 5).Select(_ => engine.Submit("Once upon a time")).ToArray();
        await engine.DisposeAsync();
        await engine.DisposeAsync();
        foreach (Generation generation in open)
            await Assert.ThrowsAsync<EngineStoppedException>(() => generation.Completion);
        Assert.False(engine.IsHealthy);
        Assert.Throws<ObjectDisposedException>(() => engine.Submit("Once"));
    }

    [Fact]
    public async Task Draining_finishes_what_runs_and_refuses_what_comes()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 1 });
        Task<GenerationResult> running = engine.Submit("Once upon a time", new() { MaxOutputTokens = 50 }).Completion;
        Task drained = engine.DrainAsync();
        Assert.Throws<EngineStoppedException>(() => engine.Submit("Once"));
        await drained;
        Assert.True(running.IsCompletedSuccessfully);
        Assert.Equal(50, (await running).Tokens.Count);
    }

    private static void Throw(bool now)
    {
        if (now)
            throw new InvalidOperationException("the device broke");
    }
}
