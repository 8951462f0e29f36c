using Inference.Cpu;

namespace Inference.Tests.Engine;

/// <summary>Promise 4 under load: a device that fails at any step and at any operation of it.</summary>
public sealed class FaultSweepTests
{
    private static readonly EngineOptions _options = new()
    {
        Threads = 1, ContextLength = 128, MaxTokensPerStep = 32, MaxSequences = 12, KvCacheTokens = 512, KvBlockSize = 8, MaxQueuedRequests = 64,
    };

    [Fact]
    public async Task A_step_that_fails_anywhere_takes_its_own_requests_with_it_and_spoils_no_other_and_no_cached_block()
    {
        RecordedRequest[] alone = RequestMix.Create(11, 64, longestOutput: 12);
        await using (InferenceEngine plain = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { PrefixCaching = false }))
        {
            foreach (RecordedRequest request in alone)
                await request.RunAsync(plain);
        }

        var random = new Random(5);
        int round = 0, failAtStep = -1, failAtOperation = 0, started = 0;
        bool broke = false;
        var device = new DelegatingDevice(new CpuDevice(1));
        device.OnOperation = operation =>
        {
            if (broke || device.Steps - started <= failAtStep || operation != failAtOperation)
                return;
            broke = true;
            throw new InvalidOperationException("the device broke");
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device });
        for (bool reached = true; reached; round++)
        {
            // One engine for all rounds: what a failed step left in the prefix cache would show in the rounds after it.
            (failAtStep, failAtOperation, started) = (round * 2, random.Next(30), device.Steps);
            Volatile.Write(ref broke, false);
            RecordedRequest[] together = RequestMix.Create(11, 64, longestOutput: 12);
            Task[] runs = together.Select(request => request.RunAsync(engine)).ToArray();
            int failed = 0;
            for (int i = 0; i < runs.Length; i++)
            {
                try
                {
                    await runs[i].WaitAsync(TimeSpan.FromSeconds(60));
                    RecordedRequest.AssertSame(alone[i], together[i]);
                }
                catch (GenerationFailedException error)
                {
                    Assert.Contains("the device broke", error.Message, StringComparison.Ordinal);
                    failed++;
                }
            }

            reached = Volatile.Read(ref broke);
            // Once broken, no other step did: as many requests failed as the step had.
            Assert.InRange(failed, reached ? 1 : 0, reached ? 12 : 0);
            RequestMix.AssertNothingHeld(engine, _options.MaxQueuedRequests);
        }

        Assert.True(round > 15, $"only {round} rounds");
        Assert.True(engine.IsHealthy);
    }

    [Fact]
    public async Task A_log_that_throws_is_no_reason_to_end()
    {
        using var log = new ThrowingLog();
        var device = new DelegatingDevice(new CpuDevice(1));
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { Device = device, LoggerFactory = log });
        log.Throws = true;
        Assert.Equal(5, (await engine.Submit("Once", new() { MaxOutputTokens = 5 }).Completion).Tokens.Count);
        device.OnStep = (_, _) => throw new InvalidOperationException("the device broke");
        await Assert.ThrowsAsync<GenerationFailedException>(() => engine.Submit("Once").Completion.WaitAsync(TimeSpan.FromSeconds(60)));
        device.OnStep = null;
        Assert.Equal(5, (await engine.Submit("Once", new() { MaxOutputTokens = 5 }).Completion).Tokens.Count);
        Assert.True(log.Messages > 0);
        Assert.True(engine.IsHealthy);
        RequestMix.AssertNothingHeld(engine, _options.MaxQueuedRequests);
    }

    [Fact]
    public async Task A_meter_listener_that_throws_is_no_reason_to_end()
    {
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        int thrown = 0;
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Inference")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Throw());
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Throw());
        listener.Start();

        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options);
        for (int i = 0; i < 3; i++)
            Assert.Equal(6, (await engine.Submit("Once", new() { MaxOutputTokens = 6, LogitsObserver = (_, _) => OnThisEnginesThread.Value = true }).Completion.WaitAsync(TimeSpan.FromSeconds(60))).Tokens.Count);
        Assert.True(Volatile.Read(ref thrown) > 10);
        Assert.True(engine.IsHealthy);
        RequestMix.AssertNothingHeld(engine, _options.MaxQueuedRequests);

        void Throw()
        {
            // Listeners hear all engines of the process; other tests' are left alone.
            if (!OnThisEnginesThread.Value)
                return;
            Interlocked.Increment(ref thrown);
            throw new InvalidOperationException("the listener broke");
        }
    }

    [Fact]
    public async Task A_loop_that_fails_ends_every_request_with_a_typed_error()
    {
        var clock = new ManualClock();
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _options with { TimeProvider = clock, StreamCapacity = 2, MaxSequences = 2, MaxQueuedRequests = 4 });
        Generation[] open = Enumerable.Range(0, 3).Select(_ => engine.Submit("Once upon a time")).ToArray();
        clock.Failure = new InvalidOperationException("the clock broke");
        // Whatever the loop does next, it looks at the clock.
        foreach (Generation generation in open)
        {
            EngineFailedException error = await Assert.ThrowsAsync<EngineFailedException>(() => generation.Completion.WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Contains("the clock broke", error.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<EngineFailedException>(async () =>
            {
                await foreach (GeneratedToken _ in generation)
                {
                }
            });
        }

        Assert.False(engine.IsHealthy);
        Assert.Same(clock.Failure, engine.Failure);
        clock.Failure = null;
        Assert.Throws<EngineFailedException>(() => engine.Submit("Once"));
        await Assert.ThrowsAsync<EngineFailedException>(() => engine.SubmitAsync("Once"));
        Assert.Equal(4, engine.FreeQueuePlaces);
        await engine.DrainAsync();
    }

    private static ThreadLocal<bool> OnThisEnginesThread { get; } = new();

    private sealed class ThrowingLog : Microsoft.Extensions.Logging.ILoggerFactory, Microsoft.Extensions.Logging.ILogger
    {
        private int _messages;

        public bool Throws { get; set; }

        public int Messages => Volatile.Read(ref _messages);

        public void AddProvider(Microsoft.Extensions.Logging.ILoggerProvider provider) => throw new NotSupportedException();

        public Microsoft.Extensions.Logging.ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref _messages);
            if (Throws)
                throw new IOException("the disk is full");
        }

        public void Dispose()
        {
        }
    }
}
