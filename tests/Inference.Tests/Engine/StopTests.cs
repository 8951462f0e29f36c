using Inference.Cpu;

namespace Inference.Tests.Engine;

/// <summary>Stopping an engine on purpose: at once, and after a while.</summary>
public sealed class StopTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 128, MaxTokensPerStep = 32, MaxSequences = 4, MaxQueuedRequests = 16, StreamCapacity = 4 };

    [Fact]
    public async Task Stopping_gives_every_request_what_it_has_and_frees_what_it_held()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        // Read by one, by nobody, waiting in the queue, and two of one computation.
        Generation[] open = [.. Enumerable.Range(0, 6).Select(_ => engine.Submit("Once upon a time")),
            .. Enumerable.Range(0, 2).Select(_ => engine.Submit("There was", new() { Coalesce = true, MaxOutputTokens = 100, Priority = 1 }))];
        await using IAsyncEnumerator<GeneratedToken> reader = open[0].GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await reader.MoveNextAsync());

        await engine.StopAsync().WaitAsync(_patience);

        RequestMix.AssertNothingHeld(engine, _small.MaxQueuedRequests);
        foreach (Generation generation in open)
        {
            Assert.True(generation.Completion.IsCompletedSuccessfully);
            Assert.Equal(FinishReason.Cancelled, (await generation.Completion).FinishReason);
        }

        int read = 1;
        await Assert.ThrowsAsync<EngineStoppedException>(async () =>
        {
            while (await reader.MoveNextAsync())
                read++;
        });
        Assert.Equal((await open[0].Completion).Tokens.Count, read);
        Assert.Throws<EngineStoppedException>(() => engine.Submit("Once"));
        await Assert.ThrowsAsync<EngineStoppedException>(() => engine.SubmitAsync("Once"));
        Assert.Throws<EngineStoppedException>(() => open[0].Fork());
        Assert.True(engine.IsHealthy);
        Assert.Null(engine.Failure);
        // Any number of times, and beside each other.
        await Task.WhenAll(engine.StopAsync(), engine.DrainAsync(), engine.StopAsync()).WaitAsync(_patience);
    }

    [Fact]
    public async Task Stopping_waits_for_the_step_under_way_and_refuses_what_comes_meanwhile()
    {
        using var gate = new ManualResetEventSlim();
        using var reached = new SemaphoreSlim(0);
        var device = new DelegatingDevice(new CpuDevice(1))
        {
            OnStep = (_, _) =>
            {
                reached.Release();
                gate.Wait();
            },
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device, MaxSequences = 1, MaxQueuedRequests = 1 });
        Generation computing = engine.Submit("Once");
        Assert.True(await reached.WaitAsync(_patience));
        Generation queued = engine.Submit("Once");
        Task<Generation> waits = engine.SubmitAsync("Once");
        Task stopped = engine.StopAsync();
        await Assert.ThrowsAsync<EngineStoppedException>(() => waits.WaitAsync(_patience));
        Assert.False(stopped.IsCompleted);
        gate.Set();
        await stopped.WaitAsync(_patience);
        Assert.Equal(FinishReason.Cancelled, (await computing.Completion).FinishReason);
        Assert.Equal(FinishReason.Cancelled, (await queued.Completion).FinishReason);
        Assert.Equal(1, device.Steps);
        RequestMix.AssertNothingHeld(engine, 1);
    }

    [Fact]
    public async Task Stopping_while_callers_submit_loses_none_of_them()
    {
        for (int round = 0; round < 10; round++)
        {
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
            using var reached = new SemaphoreSlim(0);
            int ends = 0, refusals = 0;
            Task[] callers = Enumerable.Range(0, 4).Select(caller => Task.Run(async () =>
            {
                for (int i = 0; ; i++)
                {
                    try
                    {
                        Generation generation = await engine.SubmitAsync("Once", new() { MaxOutputTokens = 1 + caller });
                        if (i == round)
                            reached.Release();
                        await generation.Completion.WaitAsync(_patience);
                        Interlocked.Increment(ref ends);
                    }
                    catch (EngineStoppedException)
                    {
                        Interlocked.Increment(ref refusals);
                        return;
                    }
                }
            })).ToArray();
            Assert.True(await reached.WaitAsync(_patience));
            await engine.StopAsync().WaitAsync(_patience);
            await Task.WhenAll(callers).WaitAsync(_patience);
            Assert.Equal(4, refusals);
            Assert.True(ends > round);
            RequestMix.AssertNothingHeld(engine, _small.MaxQueuedRequests);
        }
    }

    [Fact]
    public async Task A_drain_with_a_deadline_stops_what_is_left_when_it_passes()
    {
        var clock = new ManualClock();
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { TimeProvider = clock });
        Generation unread = engine.Submit("Once upon a time");
        Task<GenerationResult> ends = engine.Submit("Once upon a time", new() { MaxOutputTokens = 20 }).Completion;
        Task<bool> drained = engine.DrainAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(FinishReason.Length, (await ends.WaitAsync(_patience)).FinishReason);
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(drained.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await drained.WaitAsync(_patience));
        Assert.Equal(FinishReason.Cancelled, (await unread.Completion).FinishReason);
        Assert.True(await engine.DrainAsync(TimeSpan.Zero));
        RequestMix.AssertNothingHeld(engine, _small.MaxQueuedRequests);
    }

    [Fact]
    public async Task A_drain_with_a_deadline_ends_early_where_all_requests_do()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Task<GenerationResult> ends = engine.Submit("Once upon a time", new() { MaxOutputTokens = 20 }).Completion;
        Assert.True(await engine.DrainAsync(TimeSpan.FromDays(40)).WaitAsync(_patience));
        Assert.Equal(20, (await ends).Tokens.Count);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => engine.DrainAsync(TimeSpan.FromTicks(-1)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => engine.DrainAsync(TimeSpan.MaxValue));
    }

    [Fact]
    public async Task What_the_engine_computes_for_itself_says_that_it_was_stopped()
    {
        // Neither may get a step before the engine is told to stop: both come while another request's step waits.
        using var gate = new ManualResetEventSlim();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var device = new DelegatingDevice(new CpuDevice(1))
        {
            OnStep = (_, _) =>
            {
                reached.TrySetResult();
                gate.Wait();
            },
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device });
        _ = engine.Submit("Once");
        await reached.Task.WaitAsync(_patience);
        Task<PinnedPrefix> pin = engine.PinPrefixAsync("Once upon a time there was a little girl who liked to play in the park");
        Task<float[]> logits = engine.ComputeLogitsAsync(new[] { 1, 2, 3 });
        Task stopped = engine.StopAsync();
        gate.Set();
        await stopped.WaitAsync(_patience);
        await Assert.ThrowsAsync<EngineStoppedException>(() => pin.WaitAsync(_patience));
        await Assert.ThrowsAsync<EngineStoppedException>(() => logits.WaitAsync(_patience));
        RequestMix.AssertNothingHeld(engine, _small.MaxQueuedRequests);
    }
}
