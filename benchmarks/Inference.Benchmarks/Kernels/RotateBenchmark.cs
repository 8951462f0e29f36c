using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Cpu;
using Inference.Execution;

namespace Inference.Benchmarks.Kernels;

/// <summary>Turning queries and keys by their positions and writing keys and values into the cache, with Llama-3.2-1B's heads.</summary>
public class RotateBenchmark : IMeasuredWork
{
    private static readonly AttentionShape _shape = new(Heads: 32, KvHeads: 8, HeadSize: 64, Scale: 0.125f);
    private readonly Rope _rope = new(RopeKind.Halves, [.. Enumerable.Range(0, 32).Select(i => Math.Pow(500_000, -i / 32.0))], 1);
    private CpuDevice _device = null!;
    private DeviceKvCache _cache = null!;
    private DeviceTensor _queries = null!;
    private DeviceTensor _keys = null!;
    private DeviceTensor _values = null!;

    [Params(1, 512)]
    public int Rows { get; set; }

    [Params(KvCacheType.F16, KvCacheType.Q8_0, KvCacheType.F32)]
    public KvCacheType Cache { get; set; }

    public Work WorkOf(string method) => new(sizeof(float) * (double)Rows * (2 * _shape.Heads + 2 * _shape.KvHeads) * _shape.HeadSize, Tokens: Rows);

    [GlobalSetup]
    public void Allocate()
    {
        _device = new CpuDevice(Setup.Threads);
        _cache = _device.AllocateKvCache(new KvCacheShape(1, 32, 16, _shape.KvHeads, _shape.HeadSize, Cache));
        _queries = Activations.Random(_device, Rows, _shape.Heads * _shape.HeadSize);
        _keys = Activations.Random(_device, Rows, _shape.KvHeads * _shape.HeadSize);
        _values = Activations.Random(_device, Rows, _shape.KvHeads * _shape.HeadSize);
        var batch = new StepBatch();
        batch.Add(new int[Rows], 0, [.. Enumerable.Range(0, 32)], wantsLogits: false);
        _device.Begin(batch);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _queries.Dispose();
        _keys.Dispose();
        _values.Dispose();
        _cache.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void RotateAndStore() => _device.RotateAndStore(_queries, _keys, _values, _rope, _shape, _cache, 0);
}
