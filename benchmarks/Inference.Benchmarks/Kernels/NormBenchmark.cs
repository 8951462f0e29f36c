using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Cpu;
using Inference.Execution;

namespace Inference.Benchmarks.Kernels;

/// <summary>Root-mean-square normalisation of rows of 2048 with the residual addition before it.</summary>
public class NormBenchmark : IMeasuredWork
{
    private const int Width = 2048;
    private CpuDevice _device = null!;
    private DeviceTensor _hidden = null!;
    private DeviceTensor _addend = null!;
    private DeviceTensor _destination = null!;
    private DeviceWeight _gain = null!;
    private Norm _norm = null!;

    [Params(1, 32, 512)]
    public int Rows { get; set; }

    // Reads the stream and what is added to it, writes the stream and the result.
    public Work WorkOf(string method) => new(4.0 * sizeof(float) * Rows * Width, Tokens: Rows);

    [GlobalSetup]
    public void Allocate()
    {
        _device = new CpuDevice(Setup.Threads);
        _hidden = Activations.Random(_device, Rows, Width);
        // Zeros, since the stream must not grow from run to run.
        _addend = _device.Allocate(Rows, Width);
        _addend.Rows = Rows;
        _destination = Activations.Random(_device, Rows, Width);
        _gain = Activations.Ones(_device, Width);
        _norm = new Norm(NormKind.RootMeanSquare, _gain, null, 1e-5f);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _hidden.Dispose();
        _addend.Dispose();
        _destination.Dispose();
        _gain.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void RmsNorm() => _device.Normalize(_hidden, _addend, _norm, _destination);
}
