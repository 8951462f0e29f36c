namespace Inference.Cli;

/// <summary>Where the time of a generation went, in milliseconds and tokens per second.</summary>
internal sealed record TimingReport(
    double QueueMs, double PrefillMs, double DecodeMs, double TimeToFirstTokenMs, double PromptTokensPerSecond, double DecodeTokensPerSecond)
{
    public static TimingReport Of(GenerationResult result)
    {
        GenerationTimings timings = result.Timings;
        return new TimingReport(
            timings.Queue.TotalMilliseconds,
            timings.Prefill.TotalMilliseconds,
            timings.Decode.TotalMilliseconds,
            timings.TimeToFirstToken.TotalMilliseconds,
            Rate(result.Usage.InputTokens - result.Usage.CachedInputTokens, timings.Prefill),
            // The first token belongs to the prefill; the decoding time covers those after it.
            Rate(result.Usage.OutputTokens - 1, timings.Decode));
    }

    public Dictionary<string, object?> ForJson() => new()
    {
        ["queueMs"] = QueueMs,
        ["prefillMs"] = PrefillMs,
        ["decodeMs"] = DecodeMs,
        ["timeToFirstTokenMs"] = TimeToFirstTokenMs,
        ["promptTokensPerSecond"] = PromptTokensPerSecond,
        ["decodeTokensPerSecond"] = DecodeTokensPerSecond,
    };

    private static double Rate(int tokens, TimeSpan time) => time > TimeSpan.Zero && tokens > 0 ? tokens / time.TotalSeconds : 0;
}
