namespace Inference.Peers;

/// <summary>What came of one kind of work.</summary>
/// <param name="Model">The file's name.</param>
/// <param name="Threads">Threads on both sides.</param>
/// <param name="Work">What was done.</param>
/// <param name="Unit">What is counted: tokens/s, ms or MiB.</param>
/// <param name="Ours">The median of this library's figures.</param>
/// <param name="Theirs">The median of llama.cpp's.</param>
/// <param name="Ratio">Ours / theirs.</param>
/// <param name="LowestRatio">The lowest ratio within a round.</param>
/// <param name="HighestRatio">The highest.</param>
/// <param name="Rounds">Rounds that count.</param>
/// <param name="Discarded">Rounds that were disturbed and run again.</param>
/// <param name="Disturbed">Rounds that count although they were disturbed, since no more were to be run again.</param>
/// <param name="ReadGigabytes">GB/s at which memory was read beside the rounds, the median; null where it says nothing.</param>
/// <param name="OurShare">Of that, what reading the weights once a token takes of this library's speed.</param>
/// <param name="TheirShare">The same of llama.cpp's.</param>
internal sealed record Outcome(
    string Model, int Threads, string Work, string Unit, double Ours, double Theirs, double Ratio, double LowestRatio, double HighestRatio,
    int Rounds, int Discarded, int Disturbed, double? ReadGigabytes = null, double? OurShare = null, double? TheirShare = null)
{
    public const string TokensPerSecond = "tokens/s";
    public const string Milliseconds = "ms";
    public const string Mebibytes = "MiB";

    /// <summary>The outcome of some rounds.</summary>
    public static Outcome Of(string model, int threads, string work, string unit, IReadOnlyList<(double Ours, double Theirs)> rounds, int discarded, int disturbed)
    {
        double ours = Median(rounds.Select(round => round.Ours));
        double theirs = Median(rounds.Select(round => round.Theirs));
        double[] ratios = [.. rounds.Select(round => round.Ours / round.Theirs)];
        return new Outcome(model, threads, work, unit, ours, theirs, ours / theirs, ratios.Min(), ratios.Max(), rounds.Count, discarded, disturbed);
    }

    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
