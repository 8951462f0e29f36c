using System.Globalization;

namespace Inference.Benchmarks;

/// <summary>What the environment says about all benchmarks.</summary>
internal static class Setup
{
    /// <summary>Threads that compute: INFERENCE_BENCHMARK_THREADS, else 1.</summary>
    public static int Threads { get; } = int.Parse(Environment.GetEnvironmentVariable("INFERENCE_BENCHMARK_THREADS") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>Bytes that no cache holds.</summary>
    public const long BeyondCaches = 256L << 20;
}
