using System.Diagnostics;

namespace Inference.Cli.Benchmarking;

/// <summary>One run of some streams that arrive at once.</summary>
internal static class BatchRun
{
    public static async Task<BatchMeasurement> MeasureAsync(InferenceEngine engine, Workload workload, int batch, int seed, CancellationToken cancellationToken)
    {
        int vocabulary = engine.Model.VocabularySize;
        int[][] contexts = [.. Enumerable.Range(0, batch).Select(stream => workload.Context(vocabulary, stream))];
        if (workload.ContextTokens > 0)
            await FillCacheAsync(engine, contexts, cancellationToken);
        Prompt[] prompts = [.. contexts.Select((context, stream) => (Prompt)(int[])[.. context, .. workload.Prompt(vocabulary, (seed * 1_000_003) + (batch * 4099) + stream)])];
        GenerationOptions options = new() { MaxOutputTokens = workload.OutputLimit(batch), IgnoreEndOfText = true };

        // Together: a fast model would otherwise be done with the first stream before the last one is submitted.
        Generation[] streams = await engine.SubmitTogetherAsync(prompts, options, cancellationToken);
        List<TimeSpan>[] times = await Task.WhenAll(streams.Select(stream => ReadAsync(stream, streams[0], cancellationToken)));
        GenerationResult[] results = await Task.WhenAll(streams.Select(stream => stream.Completion));
        return Evaluate(batch, results.Sum(result => (long)result.Usage.InputTokens - result.Usage.CachedInputTokens), times);
    }

    /// <param name="batch">Streams.</param>
    /// <param name="computedTokens">Of all prompts, those that did not come from the cache.</param>
    /// <param name="streams">When the tokens of each stream came.</param>
    internal static BatchMeasurement Evaluate(int batch, long computedTokens, IReadOnlyList<List<TimeSpan>> streams)
    {
        TimeSpan allStarted = streams.Max(times => times[0]);
        TimeSpan firstEnded = streams.Min(times => times[^1]);
        long decoded = streams.Sum(times => (long)times.Count(time => time > allStarted && time <= firstEnded));
        return new BatchMeasurement(
            batch,
            computedTokens / allStarted.TotalSeconds,
            decoded == 0 ? 0 : decoded / (firstEnded - allStarted).TotalSeconds,
            BatchMeasurement.Median(streams.Select(times => times[0].TotalMilliseconds)),
            PeakMemory());
    }

    // Streams that follow find their contexts as any request finds a prefix that one before it had.
    private static async Task FillCacheAsync(InferenceEngine engine, int[][] contexts, CancellationToken cancellationToken)
    {
        GenerationOptions options = new() { MaxOutputTokens = 1, IgnoreEndOfText = true };
        foreach (int[] context in contexts)
            await (await engine.SubmitAsync(context, options, cancellationToken)).Completion;
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static long PeakMemory()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    // The engine's own times: on a machine whose cores all compute, a reader may see its tokens late and many at once.
    private static async Task<List<TimeSpan>> ReadAsync(Generation generation, Generation first, CancellationToken cancellationToken)
    {
        TimeSpan submitted = Stopwatch.GetElapsedTime(first.State.Submitted, generation.State.Submitted);
        List<TimeSpan> times = [];
        await foreach (GeneratedToken token in generation.WithCancellation(cancellationToken))
            times.Add(submitted + token.Elapsed);
        return times;
    }
}
