using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Cpu;
using Inference.Execution;

namespace Inference.Benchmarks.Kernels;

/// <summary>activation(gate) x up over rows of 8192.</summary>
public class GateBenchmark : IMeasuredWork
{
    private const int Width = 8192;
    private CpuDevice _device = null!;
    private DeviceTensor _gate = null!;
    private DeviceTensor _up = null!;
    private DeviceTensor _destination = null!;

    [Params(1, 32, 512)]
    public int Rows { get; set; }

    [Params(Activation.Silu, Activation.GeluTanh)]
    public Activation Activation { get; set; }

    public Work WorkOf(string method) => new(3.0 * sizeof(float) * Rows * Width, Tokens: Rows);

    [GlobalSetup]
    public void Allocate()
    {
        _device = new CpuDevice(Setup.Threads);
        _gate = Activations.Random(_device, Rows, Width);
        _up = Activations.Random(_device, Rows, Width);
        _destination = Activations.Random(_device, Rows, Width);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _gate.Dispose();
        _up.Dispose();
        _destination.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Gate() => _device.Gate(_gate, _up, Activation, _destination);
}
