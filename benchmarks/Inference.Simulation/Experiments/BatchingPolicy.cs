namespace Inference.Simulation.Experiments;

/// <summary>A way to form batches.</summary>
internal sealed record BatchingPolicy(string Name, Func<EngineSetup, EngineSetup> Apply)
{
    public static BatchingPolicy[] From(Arguments arguments)
    {
        arguments.Texts("--batching", "continuous");
        return [new("continuous", setup => setup)];
    }
}
