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

    /// <summary>The unit of one figure over another.</summary>
    public const string Ratio = "x";

    /// <summary>What the figure is a share of, in the same unit: the copy bandwidth, a peak. Null for nothing.</summary>
    public double? Bound { get; init; }

    /// <summary>The least that is wanted: a share of the bound, or of PyTorch's figure; of a figure with neither, the figure itself. Null where nothing is.</summary>
    public double? Target { get; init; }

    /// <summary>Whether the target is a share of PyTorch's figure.</summary>
    public bool IsAgainstPeer { get; init; }

    /// <summary>More about it, for people.</summary>
    public string Note { get; init; } = "";
}
