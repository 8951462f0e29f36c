using System.Collections.Concurrent;
using Inference.Cpu;

namespace Inference.Tests.Engine;

/// <summary>Requests that meet the end of the engine: each one ends, and none hangs.</summary>
public sealed class ShutdownTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 64, MaxTokensPerStep = 32, MaxSequences = 4, MaxQueuedRequests = 8, StreamCapacity = 2 };

    [Fact]
    public async Task Submitting_while_the_engine_is_disposed_gives_an_end_or_a_refusal()
    {
        var random = new Random(3);
        for (int round = 0; round < 20; round++)
        {
            InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
            var generations = new ConcurrentBag<Generation>();
            int disposeAfter = random.Next(0, 30);
            using var reached = new SemaphoreSlim(0);
            Task[] callers = Enumerable.Range(0, 4).Select(caller => Task.Run(async () =>
            {
                for (int i = 0; ; i++)
                {
                    try
                    {
                        generations.Add(caller % 2 == 0 ? engine.Submit("Once", new() { MaxOutputTokens = 3 }) : await engine.SubmitAsync("Once"));
                    }
                    catch (QueueFullException)
                    {
                        await Task.Yield();
                    }
                    catch (Exception error) when (error is ObjectDisposedException or EngineStoppedException)
                    {
                        return;
                    }

                    if (i == disposeAfter)
                        reached.Release();
                }
            })).ToArray();
            // The callers with an unread stream may all be waiting for a place; the others go on.
            Assert.True(await reached.WaitAsync(_patience));
            await Task.WhenAll(engine.DisposeAsync().AsTask(), engine.DisposeAsync().AsTask()).WaitAsync(_patience);
            await Task.WhenAll(callers).WaitAsync(_patience);
            foreach (Generation generation in generations)
                await EndOf(generation);
            RequestMix.AssertNothingHeld(engine, _small.MaxQueuedRequests);
        }
    }

    [Fact]
    public async Task After_a_drain_nothing_runs_whoever_submitted_meanwhile()
    {
        for (int round = 0; round < 20; round++)
        {
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
            var generations = new ConcurrentBag<Generation>();
            using var reached = new SemaphoreSlim(0);
            Task[] callers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                for (int i = 0; ; i++)
                {
                    try
                    {
                        Generation generation = engine.Submit("Once", new() { MaxOutputTokens = 2 });
                        generations.Add(generation);
                        if (i == round)
                            reached.Release();
                        await EndOf(generation);
                    }
                    catch (EngineStoppedException)
                    {
                        return;
                    }
                }
            })).ToArray();
            Assert.True(await reached.WaitAsync(_patience));
            await engine.DrainAsync().WaitAsync(_patience);
            long steps = engine.Statistics.Steps;
            await Task.WhenAll(callers).WaitAsync(_patience);
            foreach (Generation generation in generations)
                await EndOf(generation);
            Assert.Equal(steps, engine.Statistics.Steps);
            RequestMix.AssertNothingHeld(engine, _small.MaxQueuedRequests);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_waits_for_a_place_is_refused_at_once_when_the_engine_closes(bool drains)
    {
        using var gate = new ManualResetEventSlim();
        var device = new DelegatingDevice(new CpuDevice(1)) { OnStep = (_, _) => gate.Wait() };
        InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device, MaxSequences = 1, MaxQueuedRequests = 1 });
        await engine.SubmitAsync("Once", new() { MaxOutputTokens = 2 });
        // The second waits until the first has left the queue for the step at the gate.
        await engine.SubmitAsync("Once", new() { MaxOutputTokens = 2 });
        using var cancellation = new CancellationTokenSource();
        Task<Generation> gaveUp = engine.SubmitAsync("Once", cancellationToken: cancellation.Token);
        Task<Generation> waits = engine.SubmitAsync("Once");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gaveUp.WaitAsync(_patience));
        Assert.False(waits.IsCompleted);

        Task closed = drains ? engine.DrainAsync() : engine.DisposeAsync().AsTask();
        if (drains)
            await Assert.ThrowsAsync<EngineStoppedException>(() => waits.WaitAsync(_patience));
        else
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waits.WaitAsync(_patience));
        Assert.False(closed.IsCompleted, "the step at the gate is not over");
        gate.Set();
        await closed.WaitAsync(_patience);
        await engine.DisposeAsync();
        RequestMix.AssertNothingHeld(engine, 1);
    }

    [Fact]
    public async Task A_drain_that_an_unread_stream_holds_up_can_be_given_up_and_disposing_ends_the_stream()
    {
        InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Generation unread = engine.Submit("Once upon a time", new() { MaxOutputTokens = 40 });
        using var cancellation = new CancellationTokenSource();
        Task drained = engine.DrainAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drained.WaitAsync(_patience));
        Task second = engine.DrainAsync();
        Assert.False(second.IsCompleted);
        await engine.DisposeAsync().AsTask().WaitAsync(_patience);
        await second.WaitAsync(_patience);
        await Assert.ThrowsAsync<EngineStoppedException>(() => unread.Completion);
        RequestMix.AssertNothingHeld(engine, _small.MaxQueuedRequests);
    }

    [Fact]
    public async Task Reading_what_was_not_read_lets_a_drain_end()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Generation unread = engine.Submit("Once upon a time", new() { MaxOutputTokens = 40, IgnoreEndOfText = true });
        Task drained = engine.DrainAsync();
        int read = 0;
        await foreach (GeneratedToken _ in unread)
            read++;
        Assert.Equal(40, read);
        await drained.WaitAsync(_patience);
    }

    [Fact]
    public async Task An_engine_may_be_disposed_from_inside_its_own_stream()
    {
        InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        int read = 0;
        await Assert.ThrowsAsync<EngineStoppedException>(async () =>
        {
            await foreach (GeneratedToken _ in engine.GenerateAsync("Once upon a time"))
            {
                read++;
                await engine.DisposeAsync().AsTask().WaitAsync(_patience);
            }
        });
        // What was computed before is still delivered.
        Assert.InRange(read, 1, 3);
        RequestMix.AssertNothingHeld(engine, _small.MaxQueuedRequests);
    }

    [Fact]
    public async Task The_engines_thread_does_not_carry_the_context_of_whoever_loaded_it()
    {
        var local = new AsyncLocal<string?> { Value = "the loader's" };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        string? seen = "nothing";
        await engine.Submit("Once", new() { MaxOutputTokens = 1, LogitsObserver = (_, _) => seen = local.Value }).Completion;
        Assert.Null(seen);
    }

    private static async Task EndOf(Generation generation)
    {
        try
        {
            GenerationResult result = await generation.Completion.WaitAsync(_patience);
            Assert.NotEmpty(result.Tokens);
        }
        catch (EngineStoppedException error)
        {
            Assert.Contains("request", error.Message, StringComparison.Ordinal);
        }
    }
}
