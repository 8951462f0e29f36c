using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Benchmarks.Kernels;

/// <summary>A mixture of 8 of 64 experts of 1024 x 512, and the dense feed-forward layer with as many active parameters.</summary>
/// <remarks>All weights come from memory: the experts are many, and of the dense layer each run takes another copy.</remarks>
public unsafe class ExpertBenchmark : IMeasuredWork
{
    private const int Width = 1024;
    private const int ExpertWidth = 512;
    private const int Experts = 64;
    private const int Chosen = 8;
    private readonly List<DeviceWeight> _weights = [];
    private readonly List<(LinearTarget[] GateUp, LinearTarget[] Down)> _dense = [];
    private CpuDevice _device = null!;
    private ExpertLayer _experts = null!;
    private DeviceTensor _input = null!;
    private DeviceTensor _scores = null!;
    private DeviceTensor _gate = null!;
    private DeviceTensor _up = null!;
    private DeviceTensor _output = null!;
    private int _next;

    [Params(TensorType.Q8_0, TensorType.MXFP4)]
    public TensorType Type { get; set; }

    [Params(1, 8, 32)]
    public int Rows { get; set; }

    public Work WorkOf(string method)
    {
        const long Active = 3L * Chosen * ExpertWidth * Width;
        // Of random choices, the part of the experts that any row chose.
        double touched = method == nameof(Mix) ? Experts / (double)Chosen * (1 - Math.Pow(1 - Chosen / (double)Experts, Rows)) : 1;
        return new Work(touched * BlockFormat.ByteLength(Type, Active), 2.0 * Active * Rows, Rows, Ceiling.Memory);
    }

    [GlobalSetup]
    public void Load()
    {
        _device = new CpuDevice(Setup.Threads);
        _input = Activations.Random(_device, Rows, Width);
        _scores = Activations.Random(_device, Rows, Experts);
        _gate = Activations.Random(_device, Rows, Chosen * ExpertWidth);
        _up = Activations.Random(_device, Rows, Chosen * ExpertWidth);
        _output = Activations.Random(_device, Rows, Width);
        LinearWeight[] gates = [.. Enumerable.Range(0, Experts).Select(_ => Weight(ExpertWidth, Width))];
        LinearWeight[] ups = [.. Enumerable.Range(0, Experts).Select(_ => Weight(ExpertWidth, Width))];
        LinearWeight[] downs = [.. Enumerable.Range(0, Experts).Select(_ => Weight(Width, ExpertWidth))];
        _experts = new ExpertLayer([.. gates], [.. ups], [.. downs]);
        for (int i = 0; i < Experts / Chosen; i++)
        {
            LinearWeight gate = Weight(Chosen * ExpertWidth, Width), up = Weight(Chosen * ExpertWidth, Width), down = Weight(Width, Chosen * ExpertWidth);
            _dense.Add(([new(gate.Weight, null, _gate), new(up.Weight, null, _up)], [new(down.Weight, null, _output)]));
        }

    }

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (DeviceWeight weight in _weights)
            weight.Dispose();
        _weights.Clear();
        _dense.Clear();
        _input.Dispose();
        _scores.Dispose();
        _gate.Dispose();
        _up.Dispose();
        _output.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Mix() => _device.MixExperts(_input, _scores, new ExpertRouting(Chosen, true, Activation.Silu), _experts, _output);

    [Benchmark(Baseline = true)]
    public void Dense()
    {
        (LinearTarget[] gateUp, LinearTarget[] down) = _dense[_next];
        _device.Linear(_input, gateUp);
        _device.GatedLinear(_gate, _up, Activation.Silu, down);
        _next = (_next + 1) % _dense.Count;
    }

    private LinearWeight Weight(int rows, int columns)
    {
        long bytes = BlockFormat.ByteLength(Type, (long)rows * columns);
        // Packed at once, so that the stored bytes may go.
        byte* data = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
        DeviceWeight weight = _device.Upload(new StoredTensor("weight", Type, [rows, columns], (nint)data, bytes), WeightUse.Linear);
        _device.CompleteUploads();
        NativeMemory.Free(data);
        _weights.Add(weight);
        return new LinearWeight(weight, null);
    }
}
