namespace Inference.Tests.Engine;

/// <summary>Promise 8: an engine without work sleeps.</summary>
public sealed class IdleTests
{
    [Fact]
    public async Task An_engine_with_nothing_but_a_paused_request_and_its_deadline_sleeps()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(TestData.Stories260K, new EngineOptions { Threads = 2, ContextLength = 128, StreamCapacity = 4 });
        Thread? thread = null;
        Generation paused = engine.Submit("Once upon a time", new() { Deadline = TimeSpan.FromHours(1), LogitsObserver = (_, _) => thread = Thread.CurrentThread });
        await using IAsyncEnumerator<GeneratedToken> reader = paused.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await reader.MoveNextAsync());
        Assert.True(SpinWait.SpinUntil(() => paused.Sequence.IsPaused && IsAsleep(thread!), TimeSpan.FromSeconds(60)), "the engine's thread does not go to sleep");

        // One that wakes now and again, or polls, would be found awake in some of many looks.
        long steps = engine.Statistics.Steps;
        for (int i = 0; i < 20_000; i++)
            Assert.True(IsAsleep(thread!), "the engine's thread woke up without a reason");
        Assert.Equal(steps, engine.Statistics.Steps);
    }

    private static bool IsAsleep(Thread thread) => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0;
}
