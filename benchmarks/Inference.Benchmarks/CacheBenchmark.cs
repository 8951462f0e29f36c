using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.KvCache;

namespace Inference.Benchmarks;

/// <summary>Bookkeeping of the key-value cache for one request with a prompt of 4096 tokens, in blocks of 16.</summary>
[MemoryDiagnoser]
public class CacheBenchmark : IMeasuredWork
{
    private const int Tokens = 4096;
    private const int BlockSize = 16;
    private readonly int[] _tokens = [.. Enumerable.Range(0, Tokens)];
    private readonly BlockPool _pool = new(2 * Tokens / BlockSize, BlockSize);
    private readonly BlockPool _plain = new(2 * Tokens / BlockSize, BlockSize, prefixCaching: false);

    public Work WorkOf(string method) => new(0, Tokens: Tokens);

    [GlobalSetup]
    public void Load()
    {
        var table = new BlockTable(BlockHash.Root(null));
        table.Attach(_pool, _tokens);
        table.Seal(_pool, _tokens, 0, Tokens);
        table.Release(_pool);
    }

    [Benchmark(Description = "take and release all blocks")]
    public void TakeAndRelease()
    {
        var table = new BlockTable(BlockHash.Root(null));
        table.Attach(_plain, _tokens);
        table.Release(_plain);
    }

    [Benchmark(Description = "find all blocks by their contents")]
    public int FindPrefix()
    {
        var table = new BlockTable(BlockHash.Root(null));
        int shared = table.Attach(_pool, _tokens);
        table.Release(_pool);
        return shared;
    }

    [Benchmark(Description = "hash all blocks")]
    public int Hash()
    {
        var table = new BlockTable(BlockHash.Root(null));
        return table.Hash((Tokens / BlockSize) - 1, _tokens, BlockSize).GetHashCode();
    }
}
