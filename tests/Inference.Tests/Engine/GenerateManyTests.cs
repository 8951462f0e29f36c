using System.Runtime.CompilerServices;

namespace Inference.Tests.Engine;

/// <summary>A batch of prompts yields its results as they finish.</summary>
public sealed class GenerateManyTests
{
    private static readonly EngineOptions _small = new() { Threads = 1, ContextLength = 64, MaxSequences = 4, MaxQueuedRequests = 3 };

    [Fact]
    public async Task Every_prompt_has_one_outcome_and_an_error_is_its_own()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Prompt[] prompts = [.. Enumerable.Range(0, 60).Select(i => i % 10 == 3 ? new int[64] : i % 10 == 7 ? Prompt.FromText("") : (Prompt)Enumerable.Range(3, 1 + (i % 9)).ToArray())];
        var outcomes = new Dictionary<int, GenerationOutcome>();
        await foreach (GenerationOutcome outcome in engine.GenerateManyAsync(prompts, new() { MaxOutputTokens = 6 }))
            outcomes.Add(outcome.Index, outcome);
        Assert.Equal(60, outcomes.Count);
        for (int i = 0; i < 60; i++)
        {
            if (i % 10 == 3)
                Assert.Equal(64, Assert.IsType<ContextLengthExceededException>(outcomes[i].Error).InputTokens);
            else if (outcomes[i].Error is null)
                Assert.Equal(engine.Tokenize(prompts[i]).Length, outcomes[i].Result!.Usage.InputTokens);
            else
                Assert.IsType<InvalidPromptException>(outcomes[i].Error);
        }

        RequestMix.AssertNothingHeld(engine, 3);
    }

    [Fact]
    public async Task Results_come_as_they_finish_and_prompts_are_not_read_far_ahead()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        int taken = 0, yielded = 0;
        var seen = new List<int>();
        await foreach (GenerationOutcome outcome in engine.GenerateManyAsync(Endless(), new() { MaxOutputTokens = 4 }))
        {
            seen.Add(outcome.Index);
            yielded++;
            // At most 8 at a time, and one that has been read and waits.
            Assert.InRange(Volatile.Read(ref taken), 1, yielded + 9);
            if (yielded == 50)
                break;
        }

        Assert.Equal(50, seen.Distinct().Count());
        RequestMix.AssertNothingHeld(engine, 3);

        IEnumerable<Prompt> Endless()
        {
            while (true)
            {
                Interlocked.Increment(ref taken);
                yield return "Once";
            }
        }
    }

    [Fact]
    public async Task Cancelling_ends_it_and_all_its_requests()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        using var cancellation = new CancellationTokenSource();
        int yielded = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GenerationOutcome _ in engine.GenerateManyAsync(Stream(), new() { MaxOutputTokens = 3 }, cancellation.Token))
            {
                if (++yielded == 10)
                    await cancellation.CancelAsync();
            }
        });
        RequestMix.AssertNothingHeld(engine, 3);

        static async IAsyncEnumerable<Prompt> Stream([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (true)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                yield return "Once";
            }
        }
    }

    [Fact]
    public async Task What_is_wrong_with_all_of_it_is_thrown()
    {
        InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, _small);
        Assert.Throws<ArgumentOutOfRangeException>(() => { engine.GenerateManyAsync(["Once"], new() { TopP = 2 }); });
        var read = new List<GenerationOutcome>();
        await Assert.ThrowsAsync<DivideByZeroException>(async () =>
        {
            await foreach (GenerationOutcome outcome in engine.GenerateManyAsync(Broken(), new() { MaxOutputTokens = 3 }))
                read.Add(outcome);
        });
        Assert.Equal([0, 1], read.Select(outcome => outcome.Index).Order());
        await engine.DrainAsync();
        RequestMix.AssertNothingHeld(engine, 3);
        await Assert.ThrowsAsync<EngineStoppedException>(async () => await engine.GenerateManyAsync(["Once"]).GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync());
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await engine.GenerateManyAsync(["Once"]).GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync());

        static IEnumerable<Prompt> Broken()
        {
            yield return "Once";
            yield return "upon";
            throw new DivideByZeroException();
        }
    }
}
