namespace Inference.Simulation.Costs;

/// <summary>A step and how long it took.</summary>
internal readonly record struct MeasuredStep(StepWork Work, double Seconds);
