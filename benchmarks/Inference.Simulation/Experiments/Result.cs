using Inference.Simulation.Measurement;

namespace Inference.Simulation.Experiments;

/// <summary>One line of an experiment's table.</summary>
/// <param name="Case">What was varied, by name.</param>
/// <param name="Summary">What came of it.</param>
/// <param name="WallSeconds">How long the simulation took; the only figure that differs from run to run.</param>
internal sealed record Result(IReadOnlyDictionary<string, string> Case, RunSummary Summary, double WallSeconds)
{
    /// <summary>Figures of this experiment alone.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>Runs and times a case.</summary>
    /// <param name="run">Returns the summary.</param>
    /// <param name="names">What was varied: name, value, name, value ...</param>
    public static Result Of(Func<RunSummary> run, params string[] names)
    {
        long start = TimeProvider.System.GetTimestamp();
        RunSummary summary = run();
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        return new Result(names.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]), summary, seconds);
    }
}
