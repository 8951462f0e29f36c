namespace Inference.Simulation.Workloads;

/// <summary>Requests with short or long outputs, at random.</summary>
/// <param name="LongShare">The share of long ones, 0 to 1.</param>
internal sealed record BimodalWorkload(double LongShare)
{
    public int PromptTokens { get; init; } = 128;

    public int ShortTokens { get; init; } = 15;

    public int LongTokens { get; init; } = 800;

    public double MeanTokens => (LongShare * LongTokens) + ((1 - LongShare) * ShortTokens);

    /// <summary>Requests without end, the same for the same seed, arriving at random at a rate.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="rate">Requests a second; infinite for all at once.</param>
    public IEnumerable<TraceRequest> Requests(int seed, double rate = double.PositiveInfinity)
    {
        Random random = new(seed);
        double time = 0;
        while (true)
        {
            int output = random.NextDouble() < LongShare ? LongTokens : ShortTokens;
            time += -Math.Log(1 - random.NextDouble()) / rate;
            yield return new TraceRequest((long)(time * 1e9), PromptTokens, output);
        }
    }
}
