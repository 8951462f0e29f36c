using BenchmarkDotNet.Attributes;

namespace Inference.Benchmarks;

/// <summary>Whole requests through the engine at several batch sizes. Time and allocations are per token of each stream.</summary>
/// <remarks>What is allocated is per request (its handle, result and text), spread over its tokens: the loop itself allocates nothing.</remarks>
[MemoryDiagnoser]
public class DecodeBenchmark
{
    private const int Tokens = 256;
    private InferenceEngine _engine = null!;

    [Params(1, 8, 32)]
    public int Batch { get; set; }

    [GlobalSetup]
    public async Task Load() =>
        _engine = await InferenceEngine.LoadAsync(Path.Combine(AppContext.BaseDirectory, "stories260K.gguf"), new EngineOptions { ContextLength = 512, Threads = 1 });

    [GlobalCleanup]
    public async Task Dispose() => await _engine.DisposeAsync();

    [Benchmark(OperationsPerInvoke = Tokens)]
    public async Task Generate()
    {
        var options = new GenerationOptions { MaxOutputTokens = Tokens, IgnoreEndOfText = true };
        await Task.WhenAll(Enumerable.Range(0, Batch).Select(i => ReadAsync(_engine.Submit(new[] { 1, 10 + i }, options))));
    }

    private static async Task ReadAsync(Generation generation)
    {
        await foreach (GeneratedToken token in generation)
            _ = token;
    }
}
