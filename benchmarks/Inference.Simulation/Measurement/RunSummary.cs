namespace Inference.Simulation.Measurement;

/// <summary>What a run came to. Times in seconds, rates a second of virtual time from the first arrival to the last end.</summary>
/// <param name="Requests">Requests that ended with all their tokens.</param>
/// <param name="Refused">Requests that could never fit.</param>
/// <param name="Seconds">From the first arrival to the last end.</param>
/// <param name="RequestsPerSecond">Throughput.</param>
/// <param name="TokensPerSecond">Output tokens.</param>
/// <param name="Goodput">Requests a second that met the objective.</param>
/// <param name="FirstToken">Time to first token: from arrival, queue included.</param>
/// <param name="PerToken">Time per output token: (latency - first token) / (tokens - 1), of requests with more than one.</param>
/// <param name="Gap">Inter-token latency: gaps between the tokens of a request, pooled over all.</param>
/// <param name="Queue">From arrival to the first step with the request.</param>
/// <param name="HitShare">Prompt tokens that came from the prefix cache at the first admission.</param>
/// <param name="RecomputedShare">Of all tokens computed, those computed before for the same request.</param>
/// <param name="Preemptions">How often a request lost its blocks.</param>
/// <param name="Steps">Steps of all engines.</param>
/// <param name="BusyShare">Share of the time in which an engine computed.</param>
internal sealed record RunSummary(
    long Requests,
    long Refused,
    double Seconds,
    double RequestsPerSecond,
    double TokensPerSecond,
    double Goodput,
    Quantiles FirstToken,
    Quantiles PerToken,
    Quantiles Gap,
    Quantiles Queue,
    double HitShare,
    double RecomputedShare,
    long Preemptions,
    long Steps,
    double BusyShare);
