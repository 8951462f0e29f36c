namespace Inference.Cli.Benchmarking;

/// <summary>What one batch size reached.</summary>
/// <param name="Batch">Streams at once.</param>
/// <param name="PromptTokensPerSecond">All prompts' tokens over the time from submission to the last stream's first token.</param>
/// <param name="DecodeTokensPerSecond">Tokens of all streams over the interval in which every stream decodes.</param>
/// <param name="TimeToFirstTokenMs">From submission to a stream's first token, all arriving at once.</param>
/// <param name="PeakMemoryBytes">The most memory resident in the process so far, mapped model files included.</param>
internal sealed record BatchMeasurement(int Batch, double PromptTokensPerSecond, double DecodeTokensPerSecond, double TimeToFirstTokenMs, long PeakMemoryBytes)
{
    public Dictionary<string, object?> ForJson() => new()
    {
        ["batch"] = Batch,
        ["promptTokensPerSecond"] = PromptTokensPerSecond,
        ["decodeTokensPerSecond"] = DecodeTokensPerSecond,
        ["timeToFirstTokenMs"] = TimeToFirstTokenMs,
        ["peakMemoryBytes"] = PeakMemoryBytes,
    };

    /// <summary>The median of each figure.</summary>
    public static BatchMeasurement MedianOf(IReadOnlyList<BatchMeasurement> runs) => new(
        runs[0].Batch,
        Median(runs.Select(run => run.PromptTokensPerSecond)),
        Median(runs.Select(run => run.DecodeTokensPerSecond)),
        Median(runs.Select(run => run.TimeToFirstTokenMs)),
        runs.Max(run => run.PeakMemoryBytes));

    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
