using Inference.Cpu;

namespace Inference.Tests.Engine;

/// <summary>What a caller sees of one request: options honoured or refused, streams, stops, deadlines, queues.</summary>
public sealed class RequestTests
{
    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 128 };

    [Fact]
    public async Task The_texts_of_a_stream_join_to_the_result_and_its_last_token_says_why_it_ended()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Generation generation = engine.Submit("Once upon a time", new() { MaxOutputTokens = 40, LogProbabilities = 3 });
        var tokens = new List<GeneratedToken>();
        await foreach (GeneratedToken token in generation)
            tokens.Add(token);

        GenerationResult result = await generation.Completion;
        Assert.Equal(result.Text, string.Concat(tokens.Select(t => t.Text)));
        Assert.Equal(result.Tokens, tokens.Select(t => t.Id));
        Assert.All(tokens[..^1], t => Assert.Null(t.FinishReason));
        Assert.Equal(FinishReason.Length, tokens[^1].FinishReason);
        Assert.All(tokens, t => Assert.Equal(t.Id, t.Alternatives![0].Token));
        Assert.All(tokens, t => Assert.Equal(t.LogProbability, t.Alternatives![0].LogProbability));
        Assert.Equal(5, result.Usage.InputTokens);
        Assert.Equal(40, result.Usage.OutputTokens);
        Assert.True(result.Timings.TimeToFirstToken > TimeSpan.Zero);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await generation.GetAsyncEnumerator().MoveNextAsync());
    }

    [Fact]
    public async Task A_stop_sequence_ends_the_text_before_it()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        GenerationResult whole = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 60 }).Completion;
        int at = whole.Text.IndexOf("little", StringComparison.Ordinal);
        Assert.True(at > 0, whole.Text);
        GenerationResult stopped = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 60, StopSequences = ["never there", "ittle"] }).Completion;
        Assert.Equal(whole.Text[..(at + 1)], stopped.Text);
        Assert.Equal(FinishReason.Stop, stopped.FinishReason);
        Assert.Equal("ittle", stopped.StopSequence);
    }

    [Fact]
    public async Task Options_that_bend_the_distribution_bend_it()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        GenerationResult plain = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 20 }).Completion;
        int first = plain.Tokens[0];
        GenerationResult banned = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 20, LogitBias = new Dictionary<int, float> { [first] = float.NegativeInfinity } }).Completion;
        Assert.DoesNotContain(first, banned.Tokens);

        var sampling = new GenerationOptions { MaxOutputTokens = 20, Temperature = 1.2f };
        GenerationResult drawn = await engine.Submit("Once upon a time", sampling).Completion;
        GenerationResult again = await engine.Submit("Once upon a time", sampling with { Seed = drawn.Seed }).Completion;
        GenerationResult other = await engine.Submit("Once upon a time", sampling with { Seed = drawn.Seed + 1 }).Completion;
        Assert.Equal(drawn.Tokens, again.Tokens);
        Assert.NotEqual(drawn.Tokens, other.Tokens);
    }

    [Fact]
    public async Task The_context_is_never_cut_silently()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        var error = Assert.Throws<ContextLengthExceededException>(() => engine.Submit(new int[128]));
        Assert.Equal(128, error.InputTokens);
        Assert.Equal(128, error.Limit);

        GenerationResult full = await engine.Submit(Enumerable.Repeat(10, 120).ToArray(), new() { MaxOutputTokens = 50, IgnoreEndOfText = true }).Completion;
        Assert.Equal(FinishReason.Length, full.FinishReason);
        Assert.Equal(8, full.Tokens.Count);
    }

    [Fact]
    public async Task What_cannot_be_honoured_is_refused_by_name()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Refuses(nameof(GenerationOptions.MaxOutputTokens), new() { MaxOutputTokens = 0 });
        Refuses(nameof(GenerationOptions.Temperature), new() { Temperature = -1 });
        Refuses(nameof(GenerationOptions.Temperature), new() { Temperature = float.NaN });
        Refuses(nameof(GenerationOptions.TopP), new() { TopP = 0 });
        Refuses(nameof(GenerationOptions.TopK), new() { TopK = -1 });
        Refuses(nameof(GenerationOptions.MinP), new() { MinP = 2 });
        Refuses(nameof(GenerationOptions.RepetitionPenalty), new() { RepetitionPenalty = 0 });
        Refuses(nameof(GenerationOptions.LogitBias), new() { LogitBias = new Dictionary<int, float> { [512] = 1 } });
        Refuses(nameof(GenerationOptions.LogProbabilities), new() { LogProbabilities = -1 });
        Refuses(nameof(GenerationOptions.Deadline), new() { Deadline = TimeSpan.Zero });
        Refuses(nameof(GenerationOptions.StopSequences), new() { StopSequences = [""] });
        Assert.Throws<InvalidPromptException>(() => engine.Submit(Array.Empty<int>()));
        Assert.Contains("512", Assert.Throws<InvalidPromptException>(() => engine.Submit(new[] { 1, 512 })).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidPromptException>(() => engine.Submit(new[] { -1 }));
        Assert.Throws<ChatTemplateMissingException>(() => engine.Submit(new[] { new Message("user", "Hello") }));
        // Refusals hold no place in the queue.
        Assert.Equal(3, (await engine.Submit("Once", new() { MaxOutputTokens = 3 }).Completion).Tokens.Count);

        void Refuses(string option, GenerationOptions options) =>
            Assert.Equal(option, Assert.ThrowsAny<ArgumentException>(() => engine.Submit("Once", options)).ParamName);
    }

    [Fact]
    public async Task A_reader_that_is_behind_pauses_its_own_request_only()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { StreamCapacity = 4 });
        Generation slow = engine.Submit("Once upon a time", new() { MaxOutputTokens = 60 });
        await using IAsyncEnumerator<GeneratedToken> reader = slow.GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        GenerationResult quick = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 60 }).Completion;
        Assert.Equal(60, quick.Tokens.Count);
        Assert.InRange(slow.Sequence.Length, 6, 5 + 6);

        int read = 1;
        while (await reader.MoveNextAsync())
            read++;
        Assert.Equal(60, read);
        Assert.Equal(quick.Tokens, (await slow.Completion).Tokens);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_or_lets_wait()
    {
        using var gate = new SemaphoreSlim(0);
        var device = new DelegatingDevice(new CpuDevice(1)) { OnStep = (step, _) => Wait(step, gate) };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device, MaxSequences = 1, MaxQueuedRequests = 2 });
        var options = new GenerationOptions { MaxOutputTokens = 2 };
        var accepted = new List<Generation>();
        var refused = 0;
        // One may have left the queue for the step that waits at the gate.
        for (int i = 0; i < 5; i++)
        {
            try
            {
                accepted.Add(engine.Submit("Once", options));
            }
            catch (QueueFullException error)
            {
                Assert.Equal(2, error.Limit);
                refused++;
            }
        }

        Assert.InRange(accepted.Count, 2, 3);
        Assert.Equal(5, accepted.Count + refused);
        Task<Generation> waits = engine.SubmitAsync("Once", options);
        gate.Release();
        foreach (Generation generation in accepted)
            Assert.Equal(2, (await generation.Completion).Tokens.Count);
        Assert.Equal(2, (await (await waits).Completion).Tokens.Count);
    }

    [Fact]
    public async Task A_deadline_ends_a_request_with_what_it_has()
    {
        var clock = new ManualClock();
        var device = new DelegatingDevice(new CpuDevice(1)) { OnStep = (_, _) => clock.Advance(TimeSpan.FromSeconds(1)) };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device, TimeProvider = clock });
        GenerationResult result = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 100, Deadline = TimeSpan.FromSeconds(5.5) }).Completion;
        Assert.Equal(FinishReason.Deadline, result.FinishReason);
        Assert.Equal(6, result.Tokens.Count);
        Assert.NotEmpty(result.Text);
    }

    [Fact]
    public async Task Prefixes_are_reused_within_a_salt_and_not_across()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        int[] prompt = Enumerable.Range(3, 40).ToArray();
        var options = new GenerationOptions { MaxOutputTokens = 4, CacheSalt = "a" };
        GenerationResult first = await engine.Submit(prompt, options).Completion;
        GenerationResult second = await engine.Submit(prompt, options).Completion;
        GenerationResult third = await engine.Submit(prompt, options with { CacheSalt = "b" }).Completion;
        Assert.Equal(0, first.Usage.CachedInputTokens);
        Assert.Equal(32, second.Usage.CachedInputTokens);
        Assert.Equal(0, third.Usage.CachedInputTokens);
        Assert.Equal(first.Tokens, second.Tokens);
        Assert.Equal(first.Tokens, third.Tokens);
    }

    [Fact]
    public async Task Requests_submitted_together_begin_in_one_step_or_none_is_left_behind()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        int places = engine.FreeQueuePlaces;
        Generation[] together = await engine.SubmitTogetherAsync(["Once", "upon", "a time"], new() { MaxOutputTokens = 3 }, default);
        GenerationResult[] results = await Task.WhenAll(together.Select(g => g.Completion));
        Assert.All(results, result => Assert.Equal(3, result.Tokens.Count));
        Assert.Equal(3, engine.Statistics.Steps);

        await Assert.ThrowsAsync<InvalidPromptException>(() => engine.SubmitTogetherAsync(["Once", Array.Empty<int>()], new(), default));
        await engine.DrainAsync();
        Assert.Equal(places, engine.FreeQueuePlaces);
    }

    private static void Wait(int step, SemaphoreSlim gate)
    {
        if (step == 0)
            gate.Wait();
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
    }
}
