using System.Globalization;
using Inference.Scheduling;
using Inference.Simulation;
using Inference.Simulation.Experiments;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;

namespace Inference.LoadTest;

/// <summary>Ways to form batches, compared on the real engine with the same requests, one after the other in one process.</summary>
internal static class Comparison
{
    public static async Task<List<Result>> RunAsync(Arguments arguments)
    {
        string[] modes = arguments.Texts("--batching", "continuous,windowed,static");
        BimodalWorkload workload = new(arguments.Number("--long-share", 0.1))
        {
            PromptTokens = arguments.Whole("--prompt", 64),
            ShortTokens = arguments.Whole("--short", 15),
            LongTokens = arguments.Whole("--long", 800),
        };
        int count = arguments.Whole("--requests", 200), callers = arguments.Whole("--callers", 0, 0), seed = arguments.Whole("--seed", 1, 0);
        double rate = arguments.Number("--rate", 0);
        int longest = workload.PromptTokens + Math.Max(workload.ShortTokens, workload.LongTokens), sequences = arguments.Whole("--max-sequences", 32);
        EngineOptions options = new()
        {
            Threads = arguments.Whole("--threads", 2),
            MaxSequences = sequences,
            MaxTokensPerStep = arguments.Whole("--max-tokens-per-step", 512),
            ContextLength = longest,
            KvCacheTokens = arguments.Whole("--cache-tokens", longest * sequences),
            MaxQueuedRequests = arguments.Whole("--max-queued", Math.Max(1024, count)),
            BatchingWindow = TimeSpan.FromSeconds(arguments.Number("--window", 0.05)),
            PrefixCaching = false,
        };
        ServiceObjective objective = new(arguments.Number("--ttft", 2), arguments.Number("--tpot", 0.1));
        arguments.RefuseOthers();
        TraceRequest[] requests = [.. workload.Requests(seed, rate == 0 ? double.PositiveInfinity : rate).Take(count)];

        List<Result> results = [];
        double? first = null;
        foreach (string name in modes)
        {
            if (!Enum.TryParse(name, ignoreCase: true, out BatchingMode mode))
                throw new ArgumentException($"There is no batching '{name}'; there are {string.Join(", ", Enum.GetNames<BatchingMode>())}.");
            await using InferenceEngine engine = await InferenceEngine.LoadAsync(arguments.File, options with { Batching = mode });
            LoadRun run = new(engine, new RunMetrics(objective));
            // Compiles what is to be measured.
            await run.WarmUpAsync(workload.PromptTokens);
            using StepClock clock = new();
            TimeSpan before = Environment.CpuUsage.TotalTime;
            RunSummary summary = callers > 0 ? await run.ClosedAsync(requests, callers) : await run.OpenAsync(requests);
            (long steps, _, double busy) = clock.Take();
            summary = summary with { Steps = steps, BusyShare = busy / summary.Seconds };
            first ??= summary.TokensPerSecond;
            results.Add(new Result(new Dictionary<string, string> { ["batching"] = name, ["long"] = workload.LongShare.ToString(CultureInfo.InvariantCulture) }, summary, (Environment.CpuUsage.TotalTime - before).TotalSeconds)
            {
                Figures = new Dictionary<string, double> { ["first / this"] = first.Value / summary.TokensPerSecond },
            });
        }

        return results;
    }
}
