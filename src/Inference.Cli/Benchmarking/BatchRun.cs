using System.Diagnostics;

namespace Inference.Cli.Benchmarking;

/// <summary>One run of some streams that arrive at once.</summary>
internal static class BatchRun
{
    public static async Task<BatchMeasurement> MeasureAsync(InferenceEngine engine, Workload workload, int batch, int seed, CancellationToken cancellationToken)
    {
        int[][] prompts = [.. Enumerable.Range(0, batch).Select(stream => workload.Prompt(engine.Model.VocabularySize, (seed * 1_000_003) + (batch * 4099) + stream))];
        GenerationOptions options = new() { MaxOutputTokens = workload.OutputLimit(batch), IgnoreEndOfText = true };

        long submitted = Stopwatch.GetTimestamp();
        Generation[] generations = [.. prompts.Select(prompt => engine.Submit(prompt, options))];
        Task<List<long>>[] readers = [.. generations.Select(generation => ReadAsync(generation, cancellationToken))];

        // When the first stream is through, not all decode any more, and the measurement is over.
        await Task.WhenAny(readers);
        foreach (Generation generation in generations)
            generation.Cancel();
        List<long>[] arrivals = await Task.WhenAll(readers);
        cancellationToken.ThrowIfCancellationRequested();
        if (arrivals.Any(times => times.Count == 0))
            throw new UserErrorException("A stream ended before its first token; the figures would mean nothing.");
        return Evaluate(batch, workload.PromptTokens, submitted, arrivals);
    }

    internal static BatchMeasurement Evaluate(int batch, int promptTokens, long submitted, IReadOnlyList<List<long>> arrivals)
    {
        long allStarted = arrivals.Max(times => times[0]);
        long firstEnded = arrivals.Min(times => times[^1]);
        long decoded = arrivals.Sum(times => (long)times.Count(time => time > allStarted && time <= firstEnded));
        return new BatchMeasurement(
            batch,
            (double)batch * promptTokens / Seconds(submitted, allStarted),
            decoded == 0 ? 0 : decoded / Seconds(allStarted, firstEnded),
            BatchMeasurement.Median(arrivals.Select(times => 1000 * Seconds(submitted, times[0]))),
            PeakMemory());
    }

    private static double Seconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds;

    private static long PeakMemory()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static async Task<List<long>> ReadAsync(Generation generation, CancellationToken cancellationToken)
    {
        List<long> times = [];
        await foreach (GeneratedToken _ in generation.WithCancellation(cancellationToken))
            times.Add(Stopwatch.GetTimestamp());
        return times;
    }
}
