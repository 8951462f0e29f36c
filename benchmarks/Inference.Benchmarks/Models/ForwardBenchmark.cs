using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Execution;

namespace Inference.Benchmarks.Models;

/// <summary>The way through the model's layers alone: a step that decodes one token of each stream, 256 tokens into its context.</summary>
public class ForwardBenchmark : IMeasuredWork
{
    private const int Position = 256;
    private const int BlockSize = 16;
    private const int BlocksPerStream = Position / BlockSize + 1;
    private readonly StepBatch _batch = new();
    private LoadedModel _loaded = null!;

    [Params(1, 8, 32)]
    public int Batch { get; set; }

    public Work WorkOf(string method) => new(BenchmarkModel.WeightBytes, Tokens: Batch, Ceiling: Batch == 1 ? Ceiling.Memory : Ceiling.None);

    [GlobalSetup]
    public void Load()
    {
        var options = new EngineOptions { Threads = Setup.Threads, ContextLength = 2 * Position, KvBlockSize = BlockSize, KvCacheTokens = Math.Max(2 * Position, Batch * BlocksPerStream * BlockSize) };
        _loaded = ModelLoader.Load(BenchmarkModel.Path, options, null, CancellationToken.None);
        for (int stream = 0; stream < Batch; stream++)
            _batch.Add([stream + 1], Position, [.. Enumerable.Range(stream * BlocksPerStream, BlocksPerStream)], wantsLogits: true);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _batch.Clear();
        _loaded.Dispose();
    }

    [Benchmark]
    public void Forward() => _loaded.Model.Forward(_batch, _loaded.Cache);
}
