namespace Inference.Simulation.Costs;

/// <summary>A device with a model on it.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Cost">How long its steps take.</param>
/// <param name="CacheTokens">Positions that its key-value cache holds.</param>
/// <param name="Source">Where the figures come from.</param>
internal sealed record Machine(string Name, CostModel Cost, int CacheTokens, string Source)
{
    // A dense decoder of 8.0e9 weights in 16 bits: 32 layers, 32 query and 8 key-value heads of 128 elements.
    private const double Weights = 8.0e9;
    private const double KvBytes = 2 * 32 * 8 * 128 * 2;
    private const double PairOperations = 4.0 * 32 * 32 * 128;

    /// <summary>All presets.</summary>
    public static IReadOnlyList<Machine> Presets { get; } =
    [
        Accelerator("h100-8b", 989e12, 3.35e12, 80e9, "H100 SXM data sheet: 989 TFLOPS (BF16, dense), 3.35 TB/s, 80 GB"),
        Accelerator("a100-8b", 312e12, 2.039e12, 80e9, "A100 80GB SXM data sheet: 312 TFLOPS (BF16, dense), 2.039 TB/s, 80 GB"),
        new("cpu-135m", new LinearCost(4.4e-3, 8.4e-4, 9.9e-4, 7.3e-7, 9.5e-7), 65_536, "`calibrate --threads 1` of SmolLM2-135M Q8_0 on one core of an AVX-512 server; median error 6 %"),
    ];

    /// <exception cref="ArgumentException">There is no preset of that name.</exception>
    public static Machine Find(string name) => Presets.FirstOrDefault(machine => machine.Name == name)
        ?? throw new ArgumentException($"There is no machine '{name}'; there are {string.Join(", ", Presets.Select(machine => machine.Name))}.");

    // Assumed: half of the peak arithmetic, 80 % of the peak bandwidth, 1 ms lost a step, 90 % of the memory usable.
    private static Machine Accelerator(string name, double operations, double bandwidth, double memory, string source) => new(
        name,
        new RooflineCost(1e-3, 2 * Weights / (0.5 * operations), PairOperations / (0.5 * operations), 2 * Weights / (0.8 * bandwidth), KvBytes / (0.8 * bandwidth)),
        (int)(((0.9 * memory) - (2 * Weights)) / KvBytes),
        $"an 8B model in 16 bits; {source}; assumed: 50 % of arithmetic, 80 % of bandwidth, 1 ms a step, 90 % of memory");
}
