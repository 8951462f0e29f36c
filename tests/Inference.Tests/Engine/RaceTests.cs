using Inference.Cpu;

namespace Inference.Tests.Engine;

/// <summary>The first that satisfies is kept, the rest is cancelled.</summary>
public sealed class RaceTests
{
    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 128, MaxSequences = 8, MaxQueuedRequests = 16 };

    [Fact]
    public async Task The_first_accepted_result_wins_and_the_rest_is_cancelled()
    {
        Generation[] contenders = [];
        var device = new DelegatingDevice(new CpuDevice(1))
        {
            // All are there before the first step is done; then the long ones are not done before somebody has looked at the result of a short one.
            OnStep = (step, _) => Assert.True(step is > 0 and < 20 || SpinWait.SpinUntil(() => Volatile.Read(ref contenders) is [{ } first, _, _, { } last] && (step == 0 || (first.CancelRequested && last.CancelRequested)), TimeSpan.FromSeconds(60))),
        };
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { Device = device });
        contenders =
        [
            engine.Submit("Once upon a time", new() { IgnoreEndOfText = true }), engine.Submit("Once upon a time", new() { MaxOutputTokens = 5 }),
            engine.Submit("Once upon a time", new() { MaxOutputTokens = 8 }), engine.Submit("Once upon a time", new() { MaxOutputTokens = 110, IgnoreEndOfText = true }),
        ];
        RaceResult race = await contenders.RaceAsync(result => result.Tokens.Count > 5);
        Assert.Equal(2, race.WinnerIndex);
        Assert.Equal(8, race.Winner!.Tokens.Count);
        Assert.Equal([0, 1, 2, 3], race.Outcomes.Select(outcome => outcome.Index));
        Assert.Equal(
            [FinishReason.Cancelled, FinishReason.Length, FinishReason.Length, FinishReason.Cancelled], race.Outcomes.Select(outcome => outcome.Result!.FinishReason));
        RequestMix.AssertNothingHeld(engine, 16);
    }

    [Fact]
    public async Task Nobody_wins_where_none_is_accepted_and_errors_are_outcomes()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Prompt[] prompts = ["Once", new int[128], new[] { 9999 }, "upon"];
        RaceResult race = await engine.RaceAsync(prompts, _ => false, new() { MaxOutputTokens = 5 });
        Assert.Equal(-1, race.WinnerIndex);
        Assert.Null(race.Winner);
        Assert.Equal([5, null, null, 5], race.Outcomes.Select(outcome => outcome.Result?.Tokens.Count));
        Assert.IsType<ContextLengthExceededException>(race.Outcomes[1].Error);
        Assert.IsType<InvalidPromptException>(race.Outcomes[2].Error);
        RequestMix.AssertNothingHeld(engine, 16);
    }

    [Fact]
    public async Task Text_so_far_decides_and_the_winner_goes_on_to_its_end()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { StreamCapacity = 2 });
        IReadOnlyList<Generation> samples = engine.SubmitSamples("Once upon a time", new() { MaxOutputTokens = 100, Temperature = 1, Seed = 1, IgnoreEndOfText = true }, 6);
        RaceResult race = await samples.RaceByTextAsync(text => text.Contains("to", StringComparison.Ordinal));
        Assert.True(race.WinnerIndex >= 0);
        Assert.Equal(100, race.Winner!.Tokens.Count);
        Assert.Contains("to", race.Winner.Text, StringComparison.Ordinal);
        Assert.All(race.Outcomes, outcome => Assert.Equal(outcome.Index == race.WinnerIndex ? FinishReason.Length : FinishReason.Cancelled, outcome.Result!.FinishReason));
        RequestMix.AssertNothingHeld(engine, 16);

        RaceResult again = await engine.RaceByTextAsync(["Once", "upon"], _ => false, new() { MaxOutputTokens = 9 });
        Assert.Equal(-1, again.WinnerIndex);
        Assert.All(again.Outcomes, outcome => Assert.Equal(9, outcome.Result!.Tokens.Count));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_exception_in_the_predicate_is_the_callers_and_cancels_the_race_alone(bool whileStreaming)
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Task<GenerationResult> bystander = engine.Submit("Once upon a time", new() { MaxOutputTokens = 100, IgnoreEndOfText = true }).Completion;
        Prompt[] prompts = ["Once", "upon", "a time"];
        var error = new DivideByZeroException();
        var options = new GenerationOptions { MaxOutputTokens = 20 };
        Task<RaceResult> race = whileStreaming
            ? engine.RaceByTextAsync(prompts, _ => throw error, options)
            : engine.RaceAsync(prompts, _ => throw error, options);
        Assert.Same(error, await Assert.ThrowsAsync<DivideByZeroException>(() => race));
        Assert.Equal(100, (await bystander).Tokens.Count);
        RequestMix.AssertNothingHeld(engine, 16);
    }

    [Fact]
    public async Task Cancelling_a_race_cancels_all_of_it_those_that_wait_for_a_place_too()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { MaxSequences = 1 });
        using var cancellation = new CancellationTokenSource();
        Prompt[] prompts = [.. Enumerable.Repeat((Prompt)"Once upon a time", 40)];
        Task<RaceResult> race = engine.RaceByTextAsync(prompts, _ => { cancellation.Cancel(); return false; }, cancellationToken: cancellation.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => race);
        RequestMix.AssertNothingHeld(engine, 16);
    }

    [Fact]
    public async Task A_decided_race_submits_no_more()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small with { MaxSequences = 1, MaxQueuedRequests = 2 });
        RaceResult race = await engine.RaceAsync([.. Enumerable.Repeat((Prompt)"Once upon a time", 40)], _ => true, new() { MaxOutputTokens = 10 });
        Assert.Equal(10, race.Winner!.Tokens.Count);
        Assert.Contains(race.Outcomes, outcome => outcome is { Result: null, Error: null });
        RequestMix.AssertNothingHeld(engine, 2);
    }

    [Fact]
    public async Task What_cannot_race_is_refused()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        await Assert.ThrowsAsync<ArgumentException>(() => Array.Empty<Generation>().RaceAsync(_ => true));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => engine.RaceAsync(["Once"], _ => true, new() { TopK = -1 }));
        Generation read = engine.Submit("Once", new() { MaxOutputTokens = 3 });
        await foreach (GeneratedToken _ in read)
        {
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => new[] { read, engine.Submit("Once") }.RaceByTextAsync(_ => true));
        await engine.DrainAsync();
        RequestMix.AssertNothingHeld(engine, 16);
    }
}
