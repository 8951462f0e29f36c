using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Cpu;
using Inference.Cpu.Linear;
using Inference.Execution;

namespace Inference.Benchmarks.Kernels;

/// <summary>Rounding the input of linear layers to 8 bits, rows of 2048.</summary>
public unsafe class QuantizeBenchmark : IMeasuredWork
{
    private const int Columns = 2048;
    private readonly QuantizedActivations _quantized = new();
    private CpuDevice _device = null!;
    private ThreadTeam _team = null!;
    private DeviceTensor _input = null!;

    [Params(1, 32, 512)]
    public int Rows { get; set; }

    public Work WorkOf(string method) => new((double)Rows * Columns / PanelLayout.BlockColumns * (PanelLayout.BlockColumns * sizeof(float) + InputBlock.Bytes), Tokens: Rows);

    [GlobalSetup]
    public void Allocate()
    {
        _team = new ThreadTeam(Setup.Threads);
        _device = new CpuDevice(1);
        _input = Activations.Random(_device, Rows, Columns);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _input.Dispose();
        _device.Dispose();
        _team.Dispose();
        _quantized.Dispose();
    }

    [Benchmark]
    public void Quantize() => _quantized.Quantize(_team, ((CpuTensor)_input).Data, Rows, Columns);
}
