using Inference.Scheduling;
using Inference.Simulation.Costs;

namespace Inference.Simulation;

/// <summary>A device that computes nothing and says how long it would have taken.</summary>
internal sealed class SimulatedDevice(CostModel cost)
{
    /// <summary>Nanoseconds for a planned step, at least 1.</summary>
    public long Run(StepPlan plan) => Math.Max(1, (long)Math.Round(cost.Seconds(StepWork.Of(plan)) * 1e9));
}
