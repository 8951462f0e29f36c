using Inference.Cpu;

namespace Inference.Tests.Engine;

/// <summary>Equal requests that allow it are computed once.</summary>
public sealed class CoalescingTests
{
    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 128 };
    private static readonly GenerationOptions _shared = new() { MaxOutputTokens = 30, Coalesce = true, StopSequences = ["never there"] };

    [Fact]
    public async Task Equal_requests_are_computed_once_and_each_streams_it_all()
    {
        await using Gated gated = await Gated.LoadAsync(_small);
        Generation[] callers = [.. Enumerable.Range(0, 6).Select(_ => gated.Engine.Submit("Once upon a time", _shared with { StopSequences = ["never there"] }))];
        gated.Open();
        string[] texts = await Task.WhenAll(callers.Select(ReadAsync));
        GenerationResult[] results = await Task.WhenAll(callers.Select(caller => caller.Completion));
        Assert.Equal(5 + 29, gated.Engine.Statistics.ComputedTokens);
        Assert.Single(texts.Distinct());
        Assert.Equal(30, results[0].Tokens.Count);
        Assert.All(results, result => Assert.Equal(texts[0], result.Text));
        Assert.Single(results, result => !result.Coalesced);
        Assert.Equal(6, callers.Select(caller => caller.Id).Distinct().Count());
        await gated.Engine.DrainAsync();
        RequestMix.AssertNothingHeld(gated.Engine, 1024);
    }

    [Fact]
    public async Task Who_leaves_does_not_disturb_the_others_even_if_first()
    {
        await using Gated gated = await Gated.LoadAsync(_small);
        Generation[] callers = [.. Enumerable.Range(0, 4).Select(_ => gated.Engine.Submit("Once upon a time", _shared))];
        gated.Open(untilStep: 10);
        await gated.Reached;
        callers[0].Cancel();
        callers[2].Cancel();
        gated.Open();
        GenerationResult first = await callers[0].Completion, third = await callers[2].Completion;
        Assert.Equal(FinishReason.Cancelled, first.FinishReason);
        Assert.Equal(FinishReason.Cancelled, third.FinishReason);
        foreach (Generation stays in new[] { callers[1], callers[3] })
        {
            GenerationResult whole = await stays.Completion;
            Assert.Equal(30, whole.Tokens.Count);
            Assert.Equal(whole.Tokens.Take(first.Tokens.Count), first.Tokens);
            Assert.StartsWith(first.Text, whole.Text, StringComparison.Ordinal);
            Assert.InRange(first.Tokens.Count, 1, 29);
        }

        Assert.Equal(5 + 29, gated.Engine.Statistics.ComputedTokens);
    }

    [Fact]
    public async Task When_the_last_leaves_the_computation_ends()
    {
        await using Gated gated = await Gated.LoadAsync(_small);
        Generation[] callers = [.. Enumerable.Range(0, 3).Select(_ => gated.Engine.Submit("Once upon a time", _shared))];
        gated.Open(untilStep: 10);
        await gated.Reached;
        foreach (Generation caller in callers)
            caller.Cancel();
        gated.Open();
        foreach (Generation caller in callers)
            Assert.Equal(FinishReason.Cancelled, (await caller.Completion).FinishReason);
        await gated.Engine.DrainAsync();
        RequestMix.AssertNothingHeld(gated.Engine, 1024);
        Assert.InRange(gated.Engine.Statistics.Steps, 10, 12);
    }

    [Fact]
    public async Task Who_joins_late_gets_what_was_there()
    {
        await using Gated gated = await Gated.LoadAsync(_small with { StreamCapacity = 2 });
        Generation early = gated.Engine.Submit("Once upon a time", _shared);
        Task<string> reading = ReadAsync(early);
        gated.Open(untilStep: 15);
        await gated.Reached;
        Generation late = gated.Engine.Submit("Once upon a time", _shared);
        gated.Open();
        Assert.Equal(await reading, await ReadAsync(late));
        GenerationResult result = await late.Completion;
        Assert.True(result.Coalesced);
        Assert.True(result.Timings.Total <= (await early.Completion).Timings.Total);
        Assert.Equal(5 + 29, gated.Engine.Statistics.ComputedTokens);

        // It is over: one more is computed for itself.
        Assert.False((await gated.Engine.Submit("Once upon a time", _shared).Completion).Coalesced);
    }

    [Fact]
    public async Task Who_comes_while_the_only_caller_leaves_is_computed_for_itself()
    {
        await using Gated gated = await Gated.LoadAsync(_small);
        Generation leaves = gated.Engine.Submit("Once upon a time", _shared);
        gated.Open(untilStep: 10);
        await gated.Reached;
        // The step goes on for nobody; when it is over, the newcomer is met before the farewell.
        Generation comes = gated.Engine.Submit("Once upon a time", _shared);
        leaves.Cancel();
        gated.Open();
        GenerationResult result = await comes.Completion.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(30, result.Tokens.Count);
        Assert.False(result.Coalesced);
        Assert.Equal(FinishReason.Cancelled, (await leaves.Completion).FinishReason);
    }

    [Fact]
    public async Task A_reader_that_is_behind_does_not_hold_up_the_others()
    {
        await using Gated gated = await Gated.LoadAsync(_small with { StreamCapacity = 2 });
        Generation slow = gated.Engine.Submit("Once upon a time", _shared), quick = gated.Engine.Submit("Once upon a time", _shared);
        await using IAsyncEnumerator<GeneratedToken> reader = slow.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        gated.Open();
        Assert.True(await reader.MoveNextAsync());
        string text = await ReadAsync(quick);
        string behind = reader.Current.Text;
        while (await reader.MoveNextAsync())
            behind += reader.Current.Text;
        Assert.Equal(text, behind);
    }

    [Fact]
    public async Task An_error_is_everyones()
    {
        await using Gated gated = await Gated.LoadAsync(_small);
        Generation[] callers = await gated.Engine.SubmitTogetherAsync(["Once upon a time", "Once upon a time", "Once upon a time"], _shared, TestContext.Current.CancellationToken);
        gated.Fails = true;
        gated.Open();
        foreach (Generation caller in callers)
            await Assert.ThrowsAsync<GenerationFailedException>(() => caller.Completion);
        await gated.Engine.DrainAsync();
        RequestMix.AssertNothingHeld(gated.Engine, 1024);
    }

    [Fact]
    public async Task Only_equal_and_determined_requests_are_joined()
    {
        await using Gated gated = await Gated.LoadAsync(_small);
        GenerationOptions drawn = _shared with { Temperature = 1 };
        (string Text, GenerationOptions Options)[] requests =
        [
            ("Once upon a time", _shared), ("Once upon a", _shared), ("Once upon a time", _shared with { Coalesce = false }), ("Once upon a time", _shared with { MaxOutputTokens = 29 }),
            ("Once upon a time", _shared with { CacheSalt = "a" }), ("Once upon a time", _shared with { TenantId = "a" }), ("Once upon a time", _shared with { StopSequences = ["nor there"] }),
            ("Once upon a time", _shared with { LogitBias = new Dictionary<int, float> { [5] = 1 } }), ("Once upon a time", _shared with { Deadline = TimeSpan.FromHours(1) }),
            ("Once upon a time", _shared with { Deadline = TimeSpan.FromHours(1) }), ("Once upon a time", drawn), ("Once upon a time", drawn), ("Once upon a time", drawn with { Seed = 1 }),
            ("Once upon a time", drawn with { Seed = 2 }),
        ];
        Generation[] apart = [.. requests.Select(request => gated.Engine.Submit(request.Text, request.Options))];
        Generation[] joined =
        [
            gated.Engine.Submit("Once upon a time", _shared with { LogitBias = new Dictionary<int, float> { [5] = 1 } }), gated.Engine.Submit("Once upon a time", drawn with { Seed = 2 }),
        ];
        gated.Open();
        foreach (Generation generation in apart)
            Assert.False((await generation.Completion).Coalesced);
        foreach (Generation generation in joined)
            Assert.True((await generation.Completion).Coalesced);
        Assert.Equal((await apart[^1].Completion).Tokens, (await joined[^1].Completion).Tokens);
    }

    private static async Task<string> ReadAsync(Generation generation)
    {
        string text = "";
        TimeSpan elapsed = TimeSpan.Zero;
        await foreach (GeneratedToken token in generation)
        {
            Assert.True(token.Elapsed >= elapsed);
            elapsed = token.Elapsed;
            text += token.Text;
        }

        return text;
    }

    /// <summary>An engine whose steps wait until they may go on: requests submitted before that meet each other for sure.</summary>
    private sealed class Gated : IAsyncDisposable
    {
        private readonly SemaphoreSlim _gate = new(0);
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _stopAt;

        public required InferenceEngine Engine { get; init; }

        public bool Fails { get; set; }

        /// <summary>Completes when the step that <see cref="Open"/> names waits.</summary>
        public Task Reached => _reached.Task;

        public static async Task<Gated> LoadAsync(EngineOptions options)
        {
            var device = new DelegatingDevice(new CpuDevice(1));
            var gated = new Gated { Engine = await InferenceEngine.LoadAsync(TestData.Stories260K, options with { Device = device }) };
            device.OnStep = (step, _) => gated.Pass(step);
            return gated;
        }

        public void Open(int untilStep = -1)
        {
            _stopAt = untilStep;
            _gate.Release();
        }

        public async ValueTask DisposeAsync()
        {
            _gate.Release(1000);
            await Engine.DisposeAsync();
            _gate.Dispose();
        }

        private void Pass(int step)
        {
            if (step != 0 && step != _stopAt)
                return;
            if (step != 0)
                _reached.SetResult();
            _gate.Wait();
            if (Fails)
                throw new InvalidOperationException("the device broke");
        }
    }
}
