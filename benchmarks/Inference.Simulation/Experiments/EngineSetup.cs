using Inference.Scheduling;
using Inference.Simulation.Costs;
using Inference.Simulation.Measurement;
using Inference.Simulation.Routing;

namespace Inference.Simulation.Experiments;

/// <summary>What all experiments are told of the engines that they simulate.</summary>
internal sealed record EngineSetup(Machine Machine, EngineShape Shape, ServiceObjective Objective)
{
    public static EngineSetup From(Arguments arguments)
    {
        Machine machine = Machine.Find(arguments.Text("--machine", "h100-8b"));
        if (arguments.Numbers("--cost", "") is { Length: > 0 } terms)
            machine = machine with { Cost = LinearCost.Of(terms) };
        SchedulerOptions scheduling = new()
        {
            MaxTokensPerStep = arguments.Whole("--max-tokens-per-step", 2048),
            MaxSequences = arguments.Whole("--max-sequences", 256),
            MaxQueuedSequences = arguments.Whole("--max-queued", 1024),
        };
        EngineShape shape = new(scheduling, arguments.Whole("--cache-tokens", machine.CacheTokens))
        {
            BlockSize = arguments.Whole("--block-size", 16),
            PrefixCaching = arguments.Flag("--prefix-caching", true),
        };
        return new EngineSetup(machine, shape, new ServiceObjective(arguments.Number("--ttft", 2), arguments.Number("--tpot", 0.1)));
    }

    public RunMetrics Metrics() => new(Objective);

    public Cluster Single(RunMetrics metrics) => new(1, Shape, Machine.Cost, new RoundRobinRouter(), metrics);

    public EngineSetup With(Func<SchedulerOptions, SchedulerOptions> change) => this with { Shape = Shape with { Scheduling = change(Shape.Scheduling) } };
}
