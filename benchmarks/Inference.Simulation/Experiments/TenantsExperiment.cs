using Inference.Simulation.Measurement;
using Inference.Simulation.Workloads;

namespace Inference.Simulation.Experiments;

/// <summary>One tenant floods the engine, another asks now and then: what the second one sees, without and with tenants or priorities told apart.</summary>
internal static class TenantsExperiment
{
    private const string Quiet = "quiet";

    public static List<Result> Run(Arguments arguments)
    {
        // What waits in front of the scheduler's queue is not told apart.
        EngineSetup setup = EngineSetup.From(arguments).With(options => options with { MaxQueuedSequences = int.MaxValue });
        double load = arguments.Number("--load", 16);
        int most = arguments.Whole("--requests", 10_000), every = arguments.Whole("--quiet-every", 20);
        arguments.RefuseOthers();
        TraceRequest[] trace = [.. Trace.Read(arguments.File).Take(most).Hasten(load).Select((request, i) => request with { Tenant = i % every == 0 ? Quiet : "flood" })];
        return
        [
            Play(setup, trace, "one tenant", request => request with { Tenant = null }),
            Play(setup, trace, "two tenants", request => request),
            Play(setup, trace, "priorities", request => request with { Tenant = null, Priority = request.Tenant == Quiet ? 1 : 0 }),
        ];
    }

    private static Result Play(EngineSetup setup, TraceRequest[] trace, string name, Func<TraceRequest, TraceRequest> change)
    {
        RunMetrics metrics = setup.Metrics();
        List<double> quiet = [], flood = [];
        Cluster cluster = setup.Single(metrics);
        // Serial numbers are given in order of arrival.
        cluster.Ended = (run, _) => (trace[run.Serial].Tenant == Quiet ? quiet : flood).Add((run.FirstToken - run.Arrival) * 1e-9);
        Result result = Result.Of(
            () =>
            {
                cluster.Run(trace.Select(change));
                return metrics.Summarize(1);
            },
            "told apart",
            name);
        Quantiles few = Quantiles.Of(quiet), many = Quantiles.Of(flood);
        return result with { Figures = new Dictionary<string, double> { ["quiet TTFT p50"] = few.P50, ["quiet p99"] = few.P99, ["flood p50"] = many.P50, ["flood p99"] = many.P99 } };
    }
}
