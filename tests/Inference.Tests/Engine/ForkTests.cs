using Inference.Cpu;
using Inference.Execution;

namespace Inference.Tests.Engine;

/// <summary>Forks and samples: they share what they have in common, and nothing else shows that they do.</summary>
public sealed class ForkTests
{
    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 128, KvBlockSize = 8 };
    private static readonly GenerationOptions _drawn = new() { MaxOutputTokens = 40, Temperature = 1, Seed = 5, IgnoreEndOfText = true, FrequencyPenalty = 0.3f, RepetitionPenalty = 1.1f };

    [Theory]
    [InlineData(KvCacheType.F32, true)]
    [InlineData(KvCacheType.F32, false)]
    [InlineData(KvCacheType.F16, true)]
    [InlineData(KvCacheType.Q8_0, true)]
    [InlineData(KvCacheType.Q8_0, false)]
    public async Task A_fork_with_the_same_seed_goes_on_as_its_parent_does(KvCacheType type, bool prefixCaching)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { KvCacheType = type, PrefixCaching = prefixCaching, StreamCapacity = 1 });
        GenerationResult whole = await engine.Submit("Once upon a time", _drawn).Completion;
        Generation parent = engine.Submit("Once upon a time", _drawn);
        var forks = new List<(string Before, Generation Fork)>();
        string before = "";
        await foreach (GeneratedToken token in parent)
        {
            before += token.Text;
            // The reader is at most a token behind: at a fork, the parent has what is read, and perhaps one more.
            Generation fork = parent.Fork(_drawn);
            Assert.InRange(fork.PromptTokens.Count, 5 + forks.Count + 1, 45);
            forks.Add((before, fork));
            if (forks.Count == 30)
                break;
        }

        foreach ((string text, Generation fork) in forks)
        {
            GenerationResult result = await fork.Completion;
            int from = fork.PromptTokens.Count - 5;
            Assert.Equal(whole.Tokens.Take(from), fork.PromptTokens.Skip(5));
            Assert.Equal(whole.Tokens.Skip(from), result.Tokens.Take(whole.Tokens.Count - from));
            Assert.Equal(40, result.Tokens.Count);
            Assert.StartsWith(text, whole.Text, StringComparison.Ordinal);
            Assert.EndsWith(engine.Tokenizer.Decode([.. result.Tokens]).TrimStart(), result.Text.TrimStart(), StringComparison.Ordinal);
        }

        await engine.DrainAsync();
        RequestMix.AssertNothingHeld(engine, 1024);
    }

    [Fact]
    public async Task Other_options_than_the_parents_give_what_the_same_prompt_gives()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Generation parent = engine.Submit("Once upon a time", new() { MaxOutputTokens = 20 });
        Generation fork = await ForkAt(parent, 7, new() { MaxOutputTokens = 15, Temperature = 0.8f, Seed = 9, TopK = 30 });
        Generation alone = engine.Submit(fork.PromptTokens.ToArray(), new() { MaxOutputTokens = 15, Temperature = 0.8f, Seed = 9, TopK = 30, CacheSalt = "alone" });
        Assert.Equal((await alone.Completion).Tokens, (await fork.Completion).Tokens);
        Assert.Equal(20, (await parent.Completion).Tokens.Count);
        Assert.Equal(9ul, (await fork.Completion).Seed);
    }

    [Fact]
    public async Task A_fork_of_a_running_parent_copies_one_block_and_computes_one_token()
    {
        Generation? parent = null, fork = null;
        var device = new DelegatingDevice(new CpuDevice(1));
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device });
        var ready = new TaskCompletionSource();
        var submitted = new TaskCompletionSource();
        device.OnStep = (step, _) =>
        {
            if (step == 6)
                fork = parent!.Fork(new() { MaxOutputTokens = 1 });
            else if (step == 0)
                Wait(submitted, ready);
        };
        parent = engine.Submit("Once upon a time", new() { MaxOutputTokens = 30 });
        submitted.SetResult();
        await ready.Task;
        GenerationResult whole = await parent.Completion;
        GenerationResult result = await fork!.Completion;
        // At the start of step 6, the parent has 5 + 6 tokens, of which the last is being computed.
        Assert.Equal(11, fork.PromptTokens.Count);
        Assert.Equal(10, result.Usage.CachedInputTokens);
        Assert.Equal(1, device.Copies);
        Assert.Equal(whole.Tokens[6], result.Tokens[0]);
        Assert.Equal(5 + 29 + 1, engine.Statistics.ComputedTokens);
    }

    [Fact]
    public async Task Parents_that_wait_are_paused_were_cancelled_or_have_ended_can_be_forked()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { MaxSequences = 1, StreamCapacity = 4 });
        var options = new GenerationOptions { MaxOutputTokens = 24 };
        GenerationResult whole = await engine.Submit("Once upon a time", options).Completion;

        Generation paused = engine.Submit("Once upon a time", options);
        await using IAsyncEnumerator<GeneratedToken> reader = paused.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await reader.MoveNextAsync());
        Generation waiting = engine.Submit("Once upon a time", options);
        Assert.Equal(paused.PromptTokens, waiting.PromptTokens);
        Generation ofWaiting = waiting.Fork(options);
        Assert.InRange(ofWaiting.PromptTokens.Count, 5, 29);
        Assert.Equal(whole.Tokens, [.. ofWaiting.PromptTokens.Skip(5), .. (await ofWaiting.Completion).Tokens.Take(24 - (ofWaiting.PromptTokens.Count - 5))]);

        Generation ofPaused = paused.Fork(options);
        Assert.InRange(ofPaused.PromptTokens.Count, 6, 5 + 6);
        paused.Cancel();
        GenerationResult cancelled = await paused.Completion;
        Generation ofCancelled = paused.Fork(options);
        Assert.Equal(cancelled.Tokens, ofCancelled.PromptTokens.Skip(5));
        foreach (Generation fork in new[] { ofPaused, ofCancelled })
        {
            int from = fork.PromptTokens.Count - 5;
            Assert.Equal(whole.Tokens.Skip(from), (await fork.Completion).Tokens.Take(24 - from));
        }

        await waiting.Completion;
        Generation ofEnded = waiting.Fork(options);
        Assert.Equal(29, ofEnded.PromptTokens.Count);
        Assert.Equal(24, (await ofEnded.Completion).Usage.CachedInputTokens);
    }

    [Fact]
    public async Task An_end_of_text_is_not_gone_on_from_and_a_full_context_is_refused()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        int end = engine.Tokenizer.EndOfGeneration.First();
        var endsAtOnce = new GenerationOptions { LogitBias = new Dictionary<int, float> { [end] = 1000 } };
        Generation ended = engine.Submit("Once upon a time", endsAtOnce);
        Assert.Equal([end], (await ended.Completion).Tokens);
        Generation on = ended.Fork(new() { MaxOutputTokens = 3, LogitBias = new Dictionary<int, float> { [end] = float.NegativeInfinity } });
        Assert.Equal(5, on.PromptTokens.Count);
        Assert.Equal(3, (await on.Completion).Tokens.Count);

        Generation full = engine.Submit("Once upon a time", new() { IgnoreEndOfText = true });
        Assert.Equal(123, (await full.Completion).Tokens.Count);
        ContextLengthExceededException error = Assert.Throws<ContextLengthExceededException>(() => full.Fork());
        Assert.Equal((128, 128), (error.InputTokens, error.Limit));
        Assert.Throws<ArgumentOutOfRangeException>(() => ended.Fork(new() { MaxOutputTokens = 0 }));
        await engine.DrainAsync();
        RequestMix.AssertNothingHeld(engine, 1024);
        Assert.Throws<EngineStoppedException>(() => ended.Fork());
    }

    [Fact]
    public async Task Without_options_a_fork_has_its_parents_and_another_seed()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Generation parent = engine.Submit("Once upon a time", _drawn);
        await parent.Completion;
        GenerationResult fork = await parent.Fork().Completion;
        Assert.NotEqual(5ul, fork.Seed);
        Assert.Equal(40, fork.Tokens.Count);
    }

    [Fact]
    public async Task A_fork_under_another_salt_shares_nothing()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Generation parent = engine.Submit("Once upon a time", new() { MaxOutputTokens = 60, CacheSalt = "a" });
        Generation fork = await ForkAt(parent, 20, new() { MaxOutputTokens = 3, CacheSalt = "b" });
        Assert.Equal(0, (await fork.Completion).Usage.CachedInputTokens);
    }

    [Fact]
    public async Task A_stop_sequence_across_the_fork_is_found_and_texts_join()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { StreamCapacity = 1 });
        GenerationResult whole = await engine.Submit("Once upon a time", new() { MaxOutputTokens = 40 }).Completion;
        int middle = whole.Text.Length / 2;
        string stop = whole.Text[(middle - 6)..(middle + 6)];
        var options = new GenerationOptions { MaxOutputTokens = 40, StopSequences = [stop] };
        Generation parent = engine.Submit("Once upon a time", options);
        string before = "";
        var forks = new List<(string Before, Generation Fork)>();
        await foreach (GeneratedToken token in parent)
        {
            before += token.Text;
            Generation fork = parent.Fork(options);
            // Where the parent is ahead of its reader, what is read is not where the fork begins.
            if (fork.PromptTokens.Count == 5 + forks.Count + 1)
                forks.Add((before, fork));
            else
                fork.Cancel();
        }

        string expected = whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)];
        foreach ((string text, Generation fork) in forks)
        {
            GenerationResult result = await fork.Completion;
            if (fork.PromptTokens.Count - 5 < (await parent.Completion).Tokens.Count)
                Assert.Equal(expected, text + result.Text);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Samples_compute_their_prompt_once_and_are_each_what_they_are_alone(bool prefixCaching)
    {
        const int Count = 12;
        int[] prompt = [.. Enumerable.Range(0, 45).Select(i => 3 + (i * 7 % 400))];
        var options = new GenerationOptions { MaxOutputTokens = 10, Temperature = 1, Seed = ulong.MaxValue - 3, IgnoreEndOfText = true };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { PrefixCaching = prefixCaching, MaxTokensPerStep = 20 });
        IReadOnlyList<Generation> samples = engine.SubmitSamples(prompt, options, Count);
        GenerationResult[] results = await Task.WhenAll(samples.Select(sample => sample.Completion));
        // The prompt, its last token again for each of the others, and each one's tokens but the last.
        Assert.Equal(prompt.Length + Count - 1 + (Count * 9), engine.Statistics.ComputedTokens);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => unchecked(options.Seed!.Value + (ulong)i)), results.Select(result => result.Seed));
        Assert.All(results[1..], result => Assert.Equal(44, result.Usage.CachedInputTokens));
        foreach (GenerationResult result in results)
            Assert.Equal((await engine.Submit(prompt, options with { Seed = result.Seed, CacheSalt = "alone" }).Completion).Tokens, result.Tokens);
        Assert.True(results.Select(result => result.Text).Distinct().Count() > Count / 2);
    }

    [Fact]
    public async Task Samples_are_submitted_all_or_none()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { MaxQueuedRequests = 4 });
        Assert.Throws<QueueFullException>(() => engine.SubmitSamples("Once", null, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.SubmitSamples("Once", null, 0));
        Assert.Throws<ContextLengthExceededException>(() => engine.SubmitSamples(new int[128], null, 4));
        Assert.Equal(4, engine.FreeQueuePlaces);
        Assert.Equal(4, engine.SubmitSamples("Once", null, 4).Count);
    }

    [Fact]
    public async Task Losers_that_are_cancelled_free_their_blocks_within_a_step()
    {
        IReadOnlyList<Generation> samples = [];
        int freeAtCancel = -1, freeAfter = -1, cancelledAt = int.MaxValue;
        var device = new DelegatingDevice(new CpuDevice(1));
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device });
        var submitted = new TaskCompletionSource();
        device.OnStep = (step, batch) =>
        {
            if (step == 0)
                submitted.Task.Wait();
            if (step == 20)
            {
                cancelledAt = step;
                freeAtCancel = engine.Statistics.FreeBlocks;
                foreach (Generation loser in samples.Skip(1))
                    loser.Cancel();
            }
            else if (step == cancelledAt + 1)
            {
                freeAfter = engine.Statistics.FreeBlocks;
                Assert.Equal(1, batch.Sequences.Length);
            }
        };
        samples = engine.SubmitSamples("Once upon a time", new() { MaxOutputTokens = 40, Temperature = 1, Seed = 1, IgnoreEndOfText = true }, 8);
        submitted.SetResult();
        Assert.Equal(40, (await samples[0].Completion).Tokens.Count);
        // 24 tokens took 3 blocks of 8 each, less than the first of which is the same for all; the winner then got its fourth.
        Assert.Equal(engine.Statistics.TotalBlocks - (8 * 3), freeAtCancel);
        Assert.Equal(engine.Statistics.TotalBlocks - 4, freeAfter);
        await engine.DrainAsync();
        RequestMix.AssertNothingHeld(engine, 1024);
    }

    private static async Task<Generation> ForkAt(Generation parent, int tokens, GenerationOptions options)
    {
        await foreach (GeneratedToken _ in parent)
        {
            if (--tokens == 0)
            {
                Generation fork = parent.Fork(options);
                await parent.Completion;
                return fork;
            }
        }

        throw new InvalidOperationException("The parent ended early.");
    }

    private static void Wait(TaskCompletionSource submitted, TaskCompletionSource ready)
    {
        submitted.Task.Wait();
        ready.SetResult();
    }
}
