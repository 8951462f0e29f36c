using Inference.Cpu;
using Inference.Execution;

namespace Inference.Tests.Engine;

/// <summary>Random requests in random company on random engines; then each of them again, alone.</summary>
/// <remarks>What is drawn follows from the seed; how callers and engine interleave is up to the machine, and must not matter.</remarks>
internal sealed class DeterminismFuzz(IReadOnlyList<string> models, int seed)
{
    private const int Context = 192;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly CpuKernels[] _kernels = [CpuKernels.Auto, CpuKernels.Auto, CpuKernels.Portable, CpuKernels.Vector128];

    public FuzzCounts Counts { get; } = new();

    /// <summary>Every request that did not get the bits it gets alone.</summary>
    public List<string> Differences { get; } = [];

    /// <summary>Runs at least so many requests.</summary>
    public async Task RunAsync(int requests)
    {
        for (int round = 0; Counts.Requests < requests; round++)
            await RunRoundAsync(new Random((seed * 7919) + round), models[round % models.Count], $"seed {seed}, round {round}");
    }

    private async Task RunRoundAsync(Random random, string model, string name)
    {
        var type = (KvCacheType)random.Next(3);
        int threads = random.Next(1, 5);
        CpuKernels kernels = _kernels[random.Next(_kernels.Length)];
        var device = new DelegatingDevice(new CpuDevice(threads, kernels));
        var options = new EngineOptions
        {
            Device = device,
            ContextLength = Context,
            KvCacheType = type,
            KvBlockSize = 8 << random.Next(3),
            KvCacheTokens = random.Next(4) == 0 ? 8192 : random.Next(Context, 4 * Context),
            MaxTokensPerStep = random.Next(2) == 0 ? random.Next(1, 24) : random.Next(24, 300),
            MaxSequences = random.Next(2, 33),
            MaxBypasses = random.Next(0, 20),
            PrefixCaching = random.Next(5) > 0,
            StreamCapacity = random.Next(1, 9),
        };
        var company = new FuzzCompany(random.Next(), options.MaxTokensPerStep, Counts);
        await using (InferenceEngine engine = await InferenceEngine.LoadAsync(model, options))
        {
            await company.RunAsync(engine, options.PrefixCaching).WaitAsync(_patience);
            await engine.DrainAsync().WaitAsync(_patience);
            RequestMix.AssertNothingHeld(engine, options.MaxQueuedRequests);
            Counts.Preemptions += engine.Statistics.Preemptions;
            Counts.Steps += engine.Statistics.Steps;
            Counts.BlockCopies += device.Copies;
            Counts.Engines++;
        }

        var plain = new EngineOptions { Threads = 1, ContextLength = Context, KvCacheType = type, MaxSequences = 1, PrefixCaching = false };
        await using InferenceEngine alone = await InferenceEngine.LoadAsync(model, plain);
        Differences.AddRange(company.Differences.Select(difference => $"{name}: {difference}"));
        foreach (FuzzRequest request in company.Requests)
        {
            string? difference = request.DifferenceFrom(await request.RepeatAsync(alone).WaitAsync(_patience));
            if (difference is not null)
                Differences.Add($"{name}, {Path.GetFileName(model)}, {type}, {kernels}, {threads} threads, {options}: a prompt of {request.Prompt.Length} tokens {difference}");
            Counts.Requests++;
            Counts.Rows += request.Rows;
            Counts.Logits += request.Logits;
        }
    }
}
