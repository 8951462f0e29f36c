using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Benchmarks.Kernels;
using Inference.Cpu;
using Inference.Execution;
using Inference.Sampling;

namespace Inference.Benchmarks;

/// <summary>Choosing one token from the logits of a vocabulary.</summary>
/// <remarks>The logits are normally distributed, with the few high ones that a trained model's have.</remarks>
public class SamplingBenchmark : IMeasuredWork
{
    private readonly SamplerScratch _scratch = new();
    private readonly int[] _token = new int[1];
    private CpuDevice _device = null!;
    private DeviceTensor _logits = null!;
    private Sampler _topP = null!;
    private Sampler _topK = null!;
    private Sampler _plain = null!;
    private int _position;

    [Params(49_152, 128_256)]
    public int Vocabulary { get; set; }

    public Work WorkOf(string method) => new(sizeof(float) * (double)Vocabulary, Tokens: 1);

    [GlobalSetup]
    public void Load()
    {
        _device = new CpuDevice(Setup.Threads);
        _logits = Activations.Random(_device, 1, Vocabulary);
        Span<float> logits = Logits();
        var random = new Random(3);
        foreach (ref float logit in logits)
            logit = 2.5f * MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
        for (int i = 0; i < 20; i++)
            logits[random.Next(Vocabulary)] = 12 + 4 * random.NextSingle();
        _topP = Create(new SamplingParameters { Temperature = 0.8f, TopP = 0.95f, Seed = 1 });
        _topK = Create(new SamplingParameters { Temperature = 0.8f, TopK = 40, TopP = 0.95f, Seed = 1 });
        _plain = Create(new SamplingParameters { Temperature = 1, Seed = 1 });
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _logits.Dispose();
        _device.Dispose();
    }

    [Benchmark(Description = "greedy")]
    public int Greedy()
    {
        _device.ArgMax(_logits);
        _device.ReadArgMax(_token);
        return _token[0];
    }

    [Benchmark(Description = "top-p 0.95")]
    public int TopP() => _topP.Sample(Logits(), _position++, _scratch).Token;

    [Benchmark(Description = "top-k 40, top-p 0.95")]
    public int TopK() => _topK.Sample(Logits(), _position++, _scratch).Token;

    [Benchmark(Description = "temperature alone")]
    public int Plain() => _plain.Sample(Logits(), _position++, _scratch).Token;

    private Sampler Create(SamplingParameters parameters) => new(parameters, Vocabulary, []);

    private unsafe Span<float> Logits() => new(((CpuTensor)_logits).Data, Vocabulary);
}
