namespace Inference.Simulation.Costs;

/// <summary>How long a device takes for a step.</summary>
internal abstract record CostModel
{
    /// <summary>Seconds for a step that computes at least one token.</summary>
    public abstract double Seconds(in StepWork work);
}
