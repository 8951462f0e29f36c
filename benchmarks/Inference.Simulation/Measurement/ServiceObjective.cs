namespace Inference.Simulation.Measurement;

/// <summary>What a request must reach to count for goodput.</summary>
/// <param name="TimeToFirstToken">Seconds, queue included.</param>
/// <param name="TimePerOutputToken">Seconds.</param>
internal sealed record ServiceObjective(double TimeToFirstToken, double TimePerOutputToken);
