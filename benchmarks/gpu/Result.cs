namespace Inference.GpuBenchmark;

/// <summary>One figure.</summary>
/// <param name="Group">What kind of work.</param>
/// <param name="Name">Which case of it; with the group, the key under which other programs' figures are found.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Its unit. Of <c>pass</c>, 1 stands for passed and 0 for failed.</param>
internal sealed record Result(string Group, string Name, double Value, string Unit)
{
    /// <summary>The unit of checks.</summary>
    public const string Pass = "pass";

    /// <summary>What the figure is a share of, in the same unit: the copy bandwidth, a peak. Null for nothing.</summary>
    public double? Bound { get; init; }

    /// <summary>More about it, for people.</summary>
    public string Note { get; init; } = "";
}
