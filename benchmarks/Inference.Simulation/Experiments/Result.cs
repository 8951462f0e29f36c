using Inference.Simulation.Measurement;

namespace Inference.Simulation.Experiments;

/// <summary>One line of an experiment's table.</summary>
/// <param name="Case">What was varied, by name.</param>
/// <param name="Summary">What came of it.</param>
/// <param name="CpuSeconds">Processor time that it took; of a simulation the only figure that differs from run to run.</param>
internal sealed record Result(IReadOnlyDictionary<string, string> Case, RunSummary Summary, double CpuSeconds)
{
    /// <summary>Figures of this experiment alone.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>Runs and times a case.</summary>
    /// <param name="run">Returns the summary.</param>
    /// <param name="names">What was varied: name, value, name, value ...</param>
    public static Result Of(Func<RunSummary> run, params string[] names)
    {
        TimeSpan start = Environment.CpuUsage.TotalTime;
        RunSummary summary = run();
        TimeSpan spent = Environment.CpuUsage.TotalTime - start;
        return new Result(names.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]), summary, spent.TotalSeconds);
    }
}
