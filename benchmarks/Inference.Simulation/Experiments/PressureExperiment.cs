using System.Globalization;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Experiments;

/// <summary>Caches that are smaller than what the requests would like to hold.</summary>
internal static class PressureExperiment
{
    public static List<Result> Run(Arguments arguments)
    {
        EngineSetup setup = EngineSetup.From(arguments);
        double[] shares = arguments.Numbers("--cache", "100,50,20,10,5", 0.01);
        double load = arguments.Number("--load", 8);
        int most = arguments.Whole("--requests", 10_000);
        arguments.RefuseOthers();
        TraceRequest[] trace = Trace.Read(arguments.File).Take(most).Hasten(load);

        int longest = trace.Max(request => request.PromptTokens + request.OutputTokens);
        int ample = (int)Math.Min(1L << 24, (long)longest * setup.Shape.Scheduling.MaxSequences);
        int demand = Demand(setup with { Shape = setup.Shape with { CacheTokens = ample } }, trace);
        return [.. shares.Select(share =>
        {
            // One that could not even hold the longest request alone would refuse it.
            int tokens = Math.Max((int)(demand * share / 100), longest + setup.Shape.BlockSize);
            EngineSetup one = setup with { Shape = setup.Shape with { CacheTokens = tokens } };
            return Result.Of(() => TraceExperiment.Play(one, trace), "cache %", share.ToString(CultureInfo.InvariantCulture), "cache tokens", tokens.ToString(CultureInfo.InvariantCulture));
        })];
    }

    /// <summary>The most tokens that requests hold at once where there is room for all.</summary>
    internal static int Demand(EngineSetup setup, IEnumerable<TraceRequest> requests)
    {
        RunMetrics metrics = setup.Metrics();
        Cluster cluster = setup.Single(metrics);
        SimulatedEngine engine = cluster.Engines[0];
        int peak = 0;
        engine.Planned = (_, _) => peak = Math.Max(peak, engine.Pool.BlockCount - engine.Pool.FreeCount);
        cluster.Run(requests);
        return peak * setup.Shape.BlockSize;
    }
}
