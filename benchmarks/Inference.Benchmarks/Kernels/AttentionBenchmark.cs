using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Cpu;
using Inference.Execution;

namespace Inference.Benchmarks.Kernels;

/// <summary>Attention with Llama-3.2-1B's heads at the end of a context: of one decoded token, and of the last 512 tokens of a prompt.</summary>
/// <remarks>Each run works on another layer of the cache, so that keys and values come from memory as they do in a model.</remarks>
public class AttentionBenchmark : IMeasuredWork
{
    private const int BlockSize = 16;
    private static readonly AttentionShape _shape = new(Heads: 32, KvHeads: 8, HeadSize: 64, Scale: 0.125f);
    private CpuDevice _device = null!;
    private DeviceKvCache _cache = null!;
    private DeviceTensor _queries = null!;
    private DeviceTensor _destination = null!;
    private int _layers;
    private int _layer;

    [Params(512, 4096)]
    public int Context { get; set; }

    [Params(1, 512)]
    public int Rows { get; set; }

    [Params(KvCacheType.F16, KvCacheType.Q8_0, KvCacheType.F32)]
    public KvCacheType Cache { get; set; }

    private KvCacheShape OneLayer => new(1, Context / BlockSize, BlockSize, _shape.KvHeads, _shape.HeadSize, Cache);

    public Work WorkOf(string method)
    {
        // Row i sees the positions up to its own: a product with each key and a multiple of each value.
        double visible = (double)Rows * (Context - Rows) + Rows * (Rows + 1.0) / 2;
        return new Work(OneLayer.Blocks * OneLayer.BytesPerBlock, 4.0 * _shape.Heads * _shape.HeadSize * visible, Ceiling: Rows == 1 ? Ceiling.Memory : Ceiling.FloatingPoint);
    }

    [GlobalSetup]
    public void Fill()
    {
        _device = new CpuDevice(Setup.Threads);
        _layers = (int)Math.Clamp(Setup.BeyondCaches / (OneLayer.Blocks * OneLayer.BytesPerBlock), 1, 128);
        _cache = _device.AllocateKvCache(OneLayer with { Layers = _layers });
        using DeviceTensor keys = Activations.Random(_device, Context, _shape.KvHeads * _shape.HeadSize);
        using DeviceTensor values = Activations.Random(_device, Context, _shape.KvHeads * _shape.HeadSize);
        using DeviceTensor queries = Activations.Random(_device, Context, _shape.Heads * _shape.HeadSize);
        _device.Begin(Step(Context));
        for (int layer = 0; layer < _layers; layer++)
            _device.RotateAndStore(queries, keys, values, null, _shape, _cache, layer);

        _queries = Activations.Random(_device, Rows, _shape.Heads * _shape.HeadSize);
        _destination = Activations.Random(_device, Rows, _shape.Heads * _shape.HeadSize);
        _device.Begin(Step(Rows));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _queries.Dispose();
        _destination.Dispose();
        _cache.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Attend()
    {
        _device.Attend(_queries, _shape, null, _cache, _layer, _destination);
        _layer = (_layer + 1) % _layers;
    }

    /// <summary>The last rows of the context.</summary>
    private StepBatch Step(int rows)
    {
        var batch = new StepBatch();
        batch.Add(new int[rows], Context - rows, [.. Enumerable.Range(0, Context / BlockSize)], wantsLogits: false);
        return batch;
    }
}
