using System.Globalization;
using Inference.Simulation.Measurement;
using Inference.Simulation.Routing;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Experiments;

/// <summary>The same load for each engine, from one engine to a thousand, behind different routers.</summary>
internal static class ClusterExperiment
{
    public static List<Result> Run(Arguments arguments)
    {
        EngineSetup setup = EngineSetup.From(arguments);
        int[] sizes = arguments.Wholes("--engines", "1,10,100,1000");
        string[] routers = arguments.Texts("--routers", string.Join(',', Router.Kinds.Keys));
        double load = arguments.Number("--load", 4), seconds = arguments.Number("--seconds", 120, 1);
        arguments.RefuseOthers();
        if (routers.FirstOrDefault(name => !Router.Kinds.ContainsKey(name)) is { } unknown)
            throw new ArgumentException($"There is no router '{unknown}'; there are {string.Join(", ", Router.Kinds.Keys)}.");
        TraceRequest[] trace = Trace.Read(arguments.File);

        List<Result> results = [];
        foreach (int size in sizes)
        {
            TraceRequest[] requests = trace.Multiply(size, seconds * load).Hasten(load);
            foreach (string router in routers)
            {
                results.Add(Result.Of(
                    () =>
                    {
                        RunMetrics metrics = setup.Metrics();
                        new Cluster(size, setup.Shape, setup.Machine.Cost, Router.Kinds[router](), metrics).Run(requests);
                        return metrics.Summarize(size);
                    },
                    "engines",
                    size.ToString(CultureInfo.InvariantCulture),
                    "router",
                    router));
            }
        }

        return results;
    }
}
