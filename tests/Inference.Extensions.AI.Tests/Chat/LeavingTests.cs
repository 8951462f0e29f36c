using Microsoft.Extensions.AI;

namespace Inference.Extensions.AI.Tests.Chat;

/// <summary>Callers that leave: cancelled, or out of the stream.</summary>
public sealed class LeavingTests
{
    private static readonly ChatMessage[] _hello = [new(ChatRole.User, "Once upon a time")];
    private static readonly ChatOptions _endless = new() { AdditionalProperties = new() { ["ignore_end_of_text"] = true } };

    [Fact]
    public async Task A_cancelled_call_throws_and_frees_what_it_held()
    {
        using var model = new ModelFolder();
        await using InferenceEngine engine = await LoadAsync(model);
        IChatClient client = engine.AsChatClient();
        using var cancellation = new CancellationTokenSource();
        int read = 0;
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync(_hello, _endless, cancellation.Token))
            {
                if (++read == 3)
                    await cancellation.CancelAsync();
            }
        });
        Assert.Equal(cancellation.Token, error.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync(_hello, _endless, cancellation.Token));
        await AssertNothingIsHeld(engine);
    }

    [Fact]
    public async Task A_call_cancelled_while_it_waits_for_the_whole_answer_throws()
    {
        await using ScriptedModel model = await ScriptedModel.LoadAsync(ModelFolder.PlainTemplate, string.Concat(Enumerable.Repeat("and so on ", 100)));
        using var cancellation = new CancellationTokenSource();
        int steps = 0;
        model.OnStep = () =>
        {
            if (++steps == 5)
                cancellation.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => model.Client.GetResponseAsync(_hello, cancellationToken: cancellation.Token));
        await AssertNothingIsHeld(model.Engine);
        Assert.InRange(steps, 5, 7);
    }

    [Fact]
    public async Task A_stream_left_early_ends_its_request_within_a_step()
    {
        using var model = new ModelFolder();
        await using InferenceEngine engine = await LoadAsync(model);
        await foreach (ChatResponseUpdate _ in engine.AsChatClient().GetStreamingResponseAsync(_hello, _endless))
            break;
        await AssertNothingIsHeld(engine);
        // Four tokens fit the stream: the request never got far beyond the one that was read.
        Assert.InRange(engine.Statistics.Steps, 1, 10);
    }

    [Fact]
    public async Task An_engine_that_is_stopped_cuts_no_stream_silently()
    {
        using var model = new ModelFolder();
        await using InferenceEngine engine = await LoadAsync(model);
        await Assert.ThrowsAsync<EngineStoppedException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in engine.AsChatClient().GetStreamingResponseAsync(_hello, _endless))
                await engine.StopAsync();
        });
    }

    [Fact]
    public async Task A_full_queue_is_told_at_once()
    {
        using var model = new ModelFolder();
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(model.Path, new EngineOptions { Threads = 1, MaxSequences = 1, MaxQueuedRequests = 1, StreamCapacity = 1 });
        IChatClient client = engine.AsChatClient();
        await using IAsyncEnumerator<ChatResponseUpdate> running = client.GetStreamingResponseAsync(_hello, _endless).GetAsyncEnumerator();
        await running.MoveNextAsync();
        using var leave = new CancellationTokenSource();
        // With one place for a request that waits, of two at least one is refused; the first pauses, unread, and makes room for one at most.
        Task[] others = [.. Enumerable.Range(0, 8).Select(_ => client.GetResponseAsync(_hello, _endless, leave.Token))];
        await Assert.ThrowsAsync<QueueFullException>(() => Task.WhenAny(others).Unwrap());
        await leave.CancelAsync();
    }

    private static Task<InferenceEngine> LoadAsync(ModelFolder model) =>
        InferenceEngine.LoadAsync(model.Path, new EngineOptions { Threads = 1, StreamCapacity = 4 });

    private static async Task AssertNothingIsHeld(InferenceEngine engine)
    {
        await engine.DrainAsync();
        EngineStatistics statistics = engine.Statistics;
        Assert.Equal((0, 0, statistics.TotalBlocks), (statistics.Running, statistics.Waiting, statistics.FreeBlocks));
    }
}
