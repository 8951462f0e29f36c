using System.Globalization;
using Inference.Simulation;

namespace Inference.LoadTest;

/// <summary>Random load for a long time: does memory grow, do steps get slower?</summary>
internal static class Soak
{
    // What comes first is compilation and filling up.
    private const double WarmUpShare = 0.2;

    /// <returns>Whether nothing drifts and every request ended as it should.</returns>
    public static async Task<bool> RunAsync(Arguments arguments, TextWriter output)
    {
        TimeSpan length = TimeSpan.FromMinutes(arguments.Number("--minutes", 30)), interval = TimeSpan.FromSeconds(arguments.Number("--interval", 10, 0.1));
        int callers = arguments.Whole("--callers", 24), seed = arguments.Whole("--seed", 1, 0);
        double memoryTolerance = arguments.Number("--memory-tolerance", 0.05), timeTolerance = arguments.Number("--time-tolerance", 0.1);
        EngineOptions options = new() { Threads = arguments.Whole("--threads", 2), MaxSequences = arguments.Whole("--max-sequences", 16), KvCacheTokens = arguments.Whole("--cache-tokens", 4096), ContextLength = arguments.Whole("--context", 512) };
        arguments.RefuseOthers();

        using StepClock clock = new();
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(arguments.File, options);
        using CancellationTokenSource stop = new();
        SoakCaller[] all = [.. Enumerable.Range(0, callers).Select(i => new SoakCaller(engine, seed + i))];
        Task load = Task.WhenAll(all.Select(caller => Task.Run(() => caller.RunAsync(stop.Token))));

        List<double> workingSet = [], heap = [], tokenTime = [];
        output.WriteLine("   second   working set MiB   heap MiB      steps   us a token      ended   cancelled");
        long start = TimeProvider.System.GetTimestamp();
        try
        {
            while (TimeProvider.System.GetElapsedTime(start) < length && !load.IsCompleted)
            {
                await Task.WhenAny(Task.Delay(interval), load);
                (long steps, long tokens, double seconds) = clock.Take();
                workingSet.Add(Environment.WorkingSet / 1048576.0);
                heap.Add(GC.GetTotalMemory(forceFullCollection: true) / 1048576.0);
                tokenTime.Add(tokens == 0 ? 0 : seconds / tokens * 1e6);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(start).TotalSeconds,9:F0} {workingSet[^1],17:F1} {heap[^1],10:F2} {steps,10} {tokenTime[^1],12:F1} {all.Sum(caller => caller.Ended),10} {all.Sum(caller => caller.Cancelled),11}"));
            }
        }
        finally
        {
            await stop.CancelAsync();
        }

        // A caller that met what it should not have met throws it here.
        await load;
        // Requests that were left are freed by a message, which need not have arrived yet.
        await engine.DrainAsync();
        int skip = (int)(workingSet.Count * WarmUpShare);
        if (workingSet.Count - skip < 3)
            throw new ArgumentException("The run is too short for a verdict; it needs at least five intervals.");
        bool steady = Judge("working set", workingSet.Skip(skip), memoryTolerance, output) & Judge("heap", heap.Skip(skip), memoryTolerance, output) & Judge("time a token", tokenTime.Skip(skip), timeTolerance, output);
        EngineStatistics end = engine.Statistics;
        bool clean = end.Waiting == 0 && end.Running == 0 && end.FreeBlocks == end.TotalBlocks;
        output.WriteLine(clean ? "all blocks are free at the end" : $"at the end {end.Running} requests run, {end.Waiting} wait, {end.TotalBlocks - end.FreeBlocks} blocks are held");
        return steady && clean;
    }

    private static bool Judge(string name, IEnumerable<double> samples, double tolerance, TextWriter output)
    {
        Drift drift = Drift.Of([.. samples]);
        bool exceeds = drift.Exceeds(tolerance);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: median {drift.Median:F2}, {(exceeds ? "DRIFTS" : "steady")}: {100 * drift.Growth:+0.0;-0.0} % over the run, {drift.Significance:F1} standard deviations, {100 * tolerance:F0} % tolerated"));
        return !exceeds;
    }
}
