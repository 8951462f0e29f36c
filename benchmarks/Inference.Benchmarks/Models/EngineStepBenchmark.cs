using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;

namespace Inference.Benchmarks.Models;

/// <summary>A whole step of the engine, planning, sampling and delivery included, while so many streams decode. Time and allocations are of a step.</summary>
/// <remarks>What is allocated is per request (its handle, result and text), spread over its steps: the loop itself allocates nothing.</remarks>
[MemoryDiagnoser]
public class EngineStepBenchmark : IMeasuredWork
{
    private const int Steps = 64;
    private InferenceEngine _engine = null!;

    [Params(1, 8, 32)]
    public int Batch { get; set; }

    public Work WorkOf(string method) => new(BenchmarkModel.WeightBytes, Tokens: Batch, Ceiling: Batch == 1 ? Ceiling.Memory : Ceiling.None);

    [GlobalSetup]
    public void Load() =>
        // Waited for here: in this process, nobody awaits a setup.
        _engine = InferenceEngine.LoadAsync(BenchmarkModel.Path, new EngineOptions { ContextLength = 512, KvCacheTokens = Math.Max(512, Batch * 128), Threads = Setup.Threads }).GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Dispose() => _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(OperationsPerInvoke = Steps)]
    public async Task Decode()
    {
        var options = new GenerationOptions { MaxOutputTokens = Steps, IgnoreEndOfText = true };
        Prompt[] prompts = [.. Enumerable.Range(0, Batch).Select(i => (Prompt)new[] { 1, 10 + i })];
        Generation[] streams = await _engine.SubmitTogetherAsync(prompts, options, CancellationToken.None);
        await Task.WhenAll(streams.Select(ReadAsync));
    }

    private static async Task ReadAsync(Generation generation)
    {
        await foreach (GeneratedToken token in generation)
            _ = token;
    }
}
