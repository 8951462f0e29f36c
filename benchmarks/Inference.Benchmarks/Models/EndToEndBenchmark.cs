using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;

namespace Inference.Benchmarks.Models;

/// <summary>What one caller sees: the time to the first token of a prompt of 512 tokens, and the time of each token after it.</summary>
public class EndToEndBenchmark : IMeasuredWork
{
    private const int PromptTokens = 512;
    private const int Tokens = 64;
    private static readonly int[] _shortPrompt = [1];
    private readonly Random _random = new(1);
    private InferenceEngine _engine = null!;

    public Work WorkOf(string method) => method == nameof(FirstToken) ? new(0, Tokens: PromptTokens) : new(BenchmarkModel.WeightBytes, Tokens: 1, Ceiling: Ceiling.Memory);

    [GlobalSetup]
    public void Load() =>
        // Waited for here: in this process, nobody awaits a setup.
        _engine = InferenceEngine.LoadAsync(BenchmarkModel.Path, new EngineOptions { ContextLength = 1024, KvCacheTokens = 2048, Threads = Setup.Threads }).GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Dispose() => _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(Description = "time to first token, prompt of 512")]
    public async Task FirstToken()
    {
        // Another prompt each time: none may come from the prefix cache. Leaving the stream ends the request.
        int[] prompt = [.. Enumerable.Range(0, PromptTokens).Select(_ => _random.Next(_engine.Model.VocabularySize))];
        await foreach (GeneratedToken token in _engine.GenerateAsync(prompt, new() { IgnoreEndOfText = true }))
            break;
    }

    [Benchmark(Description = "time per token, one stream", OperationsPerInvoke = Tokens)]
    public async Task Stream()
    {
        await foreach (GeneratedToken token in _engine.GenerateAsync(_shortPrompt, new() { MaxOutputTokens = Tokens, IgnoreEndOfText = true }))
            _ = token;
    }
}
