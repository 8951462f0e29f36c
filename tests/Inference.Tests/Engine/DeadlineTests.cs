using Inference.Cpu;

namespace Inference.Tests.Engine;

/// <summary>Deadlines are kept by the engine's clock, in whatever state a request is.</summary>
public sealed class DeadlineTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 128, StreamCapacity = 3, MaxQueuedRequests = 8 };

    [Fact]
    public async Task A_paused_request_ends_when_its_time_is_over_though_nothing_else_happens()
    {
        var clock = new ManualClock();
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { TimeProvider = clock });
        Generation paused = engine.Submit("Once upon a time", new() { MaxOutputTokens = 60, Deadline = TimeSpan.FromHours(10) });
        await using IAsyncEnumerator<GeneratedToken> reader = paused.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await reader.MoveNextAsync());
        Assert.True(SpinWait.SpinUntil(() => clock.Pending == 1, _patience), "the engine set no alarm");
        clock.Advance(TimeSpan.FromHours(9));
        Generation other = engine.Submit("Once", new() { MaxOutputTokens = 4 });
        Assert.Equal(4, (await other.Completion.WaitAsync(_patience)).Tokens.Count);
        Assert.Equal(1, engine.Statistics.Running);
        Assert.True(SpinWait.SpinUntil(() => clock.Pending == 1, _patience), "the engine set no alarm again");
        clock.Advance(TimeSpan.FromHours(1));

        int read = 1;
        while (await reader.MoveNextAsync().AsTask().WaitAsync(_patience))
            read++;
        GenerationResult result = await paused.Completion.WaitAsync(_patience);
        Assert.Equal(FinishReason.Deadline, result.FinishReason);
        Assert.Equal(read, result.Tokens.Count);
        RequestMix.AssertNothingHeld(engine, 8);
    }

    [Fact]
    public async Task A_waiting_request_ends_when_its_time_is_over()
    {
        var clock = new ManualClock();
        using var gate = new SemaphoreSlim(0);
        var device = new DelegatingDevice(new CpuDevice(1)) { OnStep = (_, _) => gate.Wait() };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device, TimeProvider = clock, MaxSequences = 1 });
        Generation running = engine.Submit("Once", new() { MaxOutputTokens = 5 });
        Generation waiting = engine.Submit("Once", new() { MaxOutputTokens = 5, Deadline = TimeSpan.FromSeconds(2) });
        clock.Advance(TimeSpan.FromSeconds(3));
        gate.Release();
        GenerationResult result = await waiting.Completion.WaitAsync(_patience);
        Assert.Equal(FinishReason.Deadline, result.FinishReason);
        Assert.Empty(result.Tokens);
        Assert.Equal(TimeSpan.FromSeconds(3), result.Timings.Queue);
        gate.Release(10);
        Assert.Equal(5, (await running.Completion.WaitAsync(_patience)).Tokens.Count);
        RequestMix.AssertNothingHeld(engine, 8);
    }
}
