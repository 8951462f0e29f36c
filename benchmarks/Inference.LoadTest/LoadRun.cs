using System.Collections.Concurrent;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;

namespace Inference.LoadTest;

/// <summary>Sends requests to an engine and measures them as the simulator does. Token times are those of the engine's thread.</summary>
internal sealed class LoadRun(InferenceEngine engine, RunMetrics metrics)
{
    private readonly Lock _lock = new();
    private long _start;

    /// <summary>A request, unmeasured.</summary>
    public async Task WarmUpAsync(int promptTokens) =>
        await engine.Submit(Prompt(promptTokens, -1), new() { MaxOutputTokens = 8, IgnoreEndOfText = true }).Completion;

    /// <summary>Each request at its time, whatever the engine does meanwhile.</summary>
    public async Task<RunSummary> OpenAsync(IReadOnlyList<TraceRequest> requests)
    {
        _start = TimeProvider.System.GetTimestamp();
        List<Task> running = [];
        for (int i = 0; i < requests.Count; i++)
        {
            TimeSpan ahead = TimeSpan.FromMicroseconds((requests[i].Arrival - Now()) / 1000);
            if (ahead > TimeSpan.Zero)
                await Task.Delay(ahead);
            running.Add(SendAsync(requests[i], i, requests[i].Arrival));
        }

        await Task.WhenAll(running);
        return metrics.Summarize(1);
    }

    /// <summary>A number of callers, each of which sends the next request when its last one has ended.</summary>
    public async Task<RunSummary> ClosedAsync(IReadOnlyList<TraceRequest> requests, int callers)
    {
        _start = TimeProvider.System.GetTimestamp();
        ConcurrentQueue<int> next = new(Enumerable.Range(0, requests.Count));
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            await Task.Yield();
            while (next.TryDequeue(out int i))
                await SendAsync(requests[i], i, Now());
        }));
        return metrics.Summarize(1);
    }

    private long Now() => TimeProvider.System.GetElapsedTime(_start).Ticks * TimeSpan.NanosecondsPerTick;

    private async Task SendAsync(TraceRequest request, int serial, long arrival)
    {
        long submitted = Now();
        Generation generation = await engine.SubmitAsync(Prompt(request.PromptTokens, serial), new() { MaxOutputTokens = request.OutputTokens, IgnoreEndOfText = true });
        List<long> times = new(request.OutputTokens);
        await foreach (GeneratedToken token in generation)
            times.Add(submitted + (token.Elapsed.Ticks * TimeSpan.NanosecondsPerTick));
        GenerationResult result = await generation.Completion;
        lock (_lock)
        {
            metrics.Arrive(arrival);
            for (int i = 0; i < times.Count; i++)
                metrics.Token(times[i], i == 0 ? null : times[i - 1]);
            long scheduled = submitted + (result.Timings.Queue.Ticks * TimeSpan.NanosecondsPerTick);
            metrics.Preempt(result.Timings.Preemptions);
            metrics.End(new RequestTimes(arrival, scheduled, times[0], times[^1], result.Usage.InputTokens, result.Usage.CachedInputTokens, times.Count));
        }
    }

    private int[] Prompt(int length, int serial)
    {
        Random random = new(serial);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(engine.Tokenizer.VocabularySize))];
    }
}
