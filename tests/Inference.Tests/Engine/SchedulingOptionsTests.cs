using Inference.Cpu;
using Inference.Scheduling;

namespace Inference.Tests.Engine;

/// <summary>The scheduler's options, from the outside.</summary>
public sealed class SchedulingOptionsTests
{
    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 256 };

    [Theory]
    [InlineData(BatchingMode.Static, true)]
    [InlineData(BatchingMode.Windowed, true)]
    [InlineData(BatchingMode.Continuous, false)]
    [InlineData(BatchingMode.Static, false)]
    public async Task Every_mode_gives_the_same_tokens(BatchingMode mode, bool chunked)
    {
        string[] expected = await RunAsync(_small);
        Assert.Equal(expected, await RunAsync(_small with { Batching = mode, ChunkedPrefill = chunked, BatchingWindow = TimeSpan.FromMilliseconds(1) }));
    }

    private static async Task<string[]> RunAsync(EngineOptions options)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options with { MaxSequences = 3 });
        Generation[] all = [.. Enumerable.Range(0, 8).Select(i => engine.Submit($"Once upon a time {i}", new() { MaxOutputTokens = 3 + (5 * i) }))];
        GenerationResult[] results = await Task.WhenAll(all.Select(one => one.Completion));
        return [.. results.Select(result => result.Text)];
    }

    [Fact]
    public async Task A_window_ends_by_the_engines_clock()
    {
        ManualClock clock = new();
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { TimeProvider = clock, Batching = BatchingMode.Windowed, BatchingWindow = TimeSpan.FromSeconds(10) });
        Generation waits = engine.Submit("Once", new() { MaxOutputTokens = 2 });
        // Time passes only here; the engine sleeps until its alarm.
        while (!waits.Completion.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        GenerationResult result = await waits.Completion;
        Assert.Equal(2, result.Tokens.Count);
        Assert.True(result.Timings.Queue >= TimeSpan.FromSeconds(10), $"{result.Timings.Queue}");
    }

    [Fact]
    public async Task A_tenants_limits_are_its_own()
    {
        using SemaphoreSlim gate = new(0);
        DelegatingDevice device = new(new CpuDevice(1)) { OnStep = (step, _) => Hold(step, gate) };
        EngineOptions options = _small with
        {
            Device = device,
            Tenants = new Dictionary<string, TenantOptions> { ["a"] = new() { MaxRunning = 1, MaxQueued = 2 } },
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options);
        GenerationOptions a = new() { MaxOutputTokens = 2, TenantId = "a" };
        List<Generation> accepted = [];
        QueueFullException? refusal = null;
        // One may have left the queue for the step that waits at the gate.
        for (int i = 0; i < 4; i++)
        {
            try
            {
                accepted.Add(engine.Submit("Once", a));
            }
            catch (QueueFullException error)
            {
                refusal = error;
            }
        }

        Assert.InRange(accepted.Count, 2, 3);
        Assert.Equal((2, "a"), (refusal!.Limit, refusal.TenantId));
        accepted.Add(engine.Submit("Once", a with { TenantId = "b" }));
        Task<Generation> waits = engine.SubmitAsync("Once", a);
        gate.Release();
        foreach (Generation generation in accepted)
            Assert.Equal(2, (await generation.Completion).Tokens.Count);
        Assert.Equal(2, (await (await waits).Completion).Tokens.Count);
        Assert.Equal(engine.Statistics.TotalBlocks, engine.Statistics.FreeBlocks);
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_by_name()
    {
        Dictionary<string, EngineOptions> wrong = new()
        {
            [nameof(EngineOptions.MaxBypasses)] = _small with { MaxBypasses = -1 },
            [nameof(EngineOptions.PriorityAgeingInterval)] = _small with { PriorityAgeingInterval = TimeSpan.Zero },
            [nameof(EngineOptions.BatchingWindow)] = _small with { BatchingWindow = TimeSpan.FromTicks(-1) },
            [nameof(EngineOptions.Batching)] = _small with { Batching = (BatchingMode)3 },
            [nameof(EngineOptions.MaxTokensPerStep)] = _small with { ChunkedPrefill = false, MaxTokensPerStep = 255 },
            [nameof(TenantOptions.Weight)] = _small with { DefaultTenant = new() { Weight = 0 } },
            [nameof(TenantOptions.MaxQueued)] = _small with { Tenants = new Dictionary<string, TenantOptions> { ["a"] = new() { MaxQueued = 0 } } },
        };
        foreach ((string name, EngineOptions options) in wrong)
        {
            ArgumentOutOfRangeException error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => InferenceEngine.LoadAsync(TestData.Stories260K, options));
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<ArgumentException>(() => InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Tenants = new Dictionary<string, TenantOptions> { ["a"] = null! } }));
    }

    private static void Hold(int step, SemaphoreSlim gate)
    {
        if (step == 0)
            gate.Wait();
    }
}
