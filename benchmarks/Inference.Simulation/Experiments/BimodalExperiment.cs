using System.Globalization;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Experiments;

/// <summary>Short and long outputs mixed: what batches that wait for their longest member lose.</summary>
internal static class BimodalExperiment
{
    public static List<Result> Run(Arguments arguments)
    {
        EngineSetup setup = EngineSetup.From(arguments);
        double[] shares = arguments.Numbers("--long-share", "0.05,0.1,0.2,0.5");
        BatchingPolicy[] policies = BatchingPolicy.From(arguments, "continuous,windowed,static");
        BimodalWorkload workload = new(0) { PromptTokens = arguments.Whole("--prompt", 128), ShortTokens = arguments.Whole("--short", 15), LongTokens = arguments.Whole("--long", 800) };
        int count = arguments.Whole("--requests", 20_000), seed = arguments.Whole("--seed", 1, 0);
        double rate = arguments.Number("--rate", 0);
        arguments.RefuseOthers();

        List<Result> results = [];
        foreach (double share in shares)
        {
            TraceRequest[] requests = [.. (workload with { LongShare = share }).Requests(seed, rate == 0 ? double.PositiveInfinity : rate).Take(count)];
            double? first = null;
            foreach (BatchingPolicy policy in policies)
            {
                EngineSetup one = policy.Apply(setup);
                Result result = Result.Of(() => TraceExperiment.Play(one, requests), "long", share.ToString(CultureInfo.InvariantCulture), "batching", policy.Name);
                first ??= result.Summary.TokensPerSecond;
                results.Add(result with { Figures = new Dictionary<string, double> { ["first / this"] = first.Value / result.Summary.TokensPerSecond } });
            }
        }

        return results;
    }
}
