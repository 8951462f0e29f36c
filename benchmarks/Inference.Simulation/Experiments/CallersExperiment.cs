using System.Globalization;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Experiments;

/// <summary>Callers that each wait for their answer before they ask again: what more of them add to throughput.</summary>
internal static class CallersExperiment
{
    public static List<Result> Run(Arguments arguments)
    {
        EngineSetup setup = EngineSetup.From(arguments);
        int[] callers = arguments.Wholes("--callers", "1,2,4,8,16,32,64,128,256,512,1024");
        double seconds = arguments.Number("--seconds", 1200, 1);
        int seed = arguments.Whole("--seed", 1, 0);
        arguments.RefuseOthers();
        TraceRequest[] trace = Trace.Read(arguments.File);

        List<Result> results = [];
        foreach (int count in callers)
        {
            // The first part of the time belongs to filling up.
            long begin = (long)(seconds * 0.25e9), end = (long)(seconds * 1e9);
            RunMetrics metrics = new(setup.Objective) { WindowBegin = begin, WindowEnd = end };
            Result result = Result.Of(
                () =>
                {
                    setup.Single(metrics).RunClosed(Draw(trace, seed), count, end);
                    return metrics.Summarize(1);
                },
                "callers",
                count.ToString(CultureInfo.InvariantCulture));
            results.Add(result with { Figures = new Dictionary<string, double> { ["steady tokens/s"] = metrics.WindowTokens / ((end - begin) * 1e-9) } });
        }

        return results;
    }

    /// <summary>Requests of the trace at random, without end, the same for the same seed.</summary>
    internal static IEnumerable<TraceRequest> Draw(TraceRequest[] trace, int seed)
    {
        Random random = new(seed);
        while (true)
            yield return trace[random.Next(trace.Length)];
    }
}
