using System.Globalization;
using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Experiments;

/// <summary>A trace on one engine: loads, and ways to form batches.</summary>
internal static class TraceExperiment
{
    public static List<Result> Run(Arguments arguments)
    {
        EngineSetup setup = EngineSetup.From(arguments);
        double[] loads = arguments.Numbers("--load", "1,2,4,8");
        BatchingPolicy[] policies = BatchingPolicy.From(arguments, "continuous");
        int most = arguments.Whole("--requests", int.MaxValue);
        arguments.RefuseOthers();
        TraceRequest[] trace = [.. Trace.Read(arguments.File).Take(most)];

        List<Result> results = [];
        foreach (double load in loads)
        {
            TraceRequest[] hastened = trace.Hasten(load);
            foreach (BatchingPolicy policy in policies)
            {
                EngineSetup one = policy.Apply(setup);
                results.Add(Result.Of(() => Play(one, hastened), "load", load.ToString(CultureInfo.InvariantCulture), "batching", policy.Name));
            }
        }

        return results;
    }

    /// <summary>Plays requests on one engine.</summary>
    public static RunSummary Play(EngineSetup setup, IEnumerable<TraceRequest> requests)
    {
        RunMetrics metrics = setup.Metrics();
        setup.Single(metrics).Run(requests);
        return metrics.Summarize(1);
    }
}
