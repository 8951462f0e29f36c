using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Inference.Benchmarks.Columns;
using Inference.Cpu;
using Inference.Execution;
using Inference.Formats;

namespace Inference.Benchmarks.Kernels;

/// <summary>A linear layer of 4096 x 2048 as one stream decodes (1 row), as a batch does (16) and as a prompt is read (512).</summary>
/// <remarks>Up to 16 rows, each run multiplies with another copy of the matrix, so that weights come from memory as they do in a model.</remarks>
public unsafe class LinearBenchmark : IMeasuredWork
{
    private const int MatrixRows = 4096;
    private const int Columns = 2048;
    private const int RowsFromMemory = 16;
    private readonly List<LinearTarget[]> _targets = [];
    private CpuDevice _device = null!;
    private DeviceTensor _input = null!;
    private DeviceTensor _output = null!;
    private int _next;

    [Params(
        TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1, TensorType.Q2_K, TensorType.Q3_K, TensorType.Q4_K,
        TensorType.Q5_K, TensorType.Q6_K, TensorType.IQ4_NL, TensorType.IQ4_XS, TensorType.MXFP4, TensorType.F16, TensorType.BF16, TensorType.F32)]
    public TensorType Type { get; set; }

    [Params(1, 16, 512)]
    public int Rows { get; set; }

    public Work WorkOf(string method)
    {
        Ceiling arithmetic = BlockFormat.IsQuantized(Type) ? Ceiling.ByteArithmetic : Ceiling.FloatingPoint;
        return new Work(BlockFormat.ByteLength(Type, (long)MatrixRows * Columns), 2.0 * MatrixRows * Columns * Rows, Rows, Rows == 1 ? Ceiling.Memory : arithmetic);
    }

    [GlobalSetup]
    public void Load()
    {
        _device = new CpuDevice(Setup.Threads);
        long bytes = BlockFormat.ByteLength(Type, (long)MatrixRows * Columns);
        byte* data = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
        var tensor = new StoredTensor("weight", Type, [MatrixRows, Columns], (nint)data, bytes);
        _input = Activations.Random(_device, Rows, Columns);
        _output = _device.Allocate(Rows, MatrixRows);
        _output.Rows = Rows;
        long copies = Rows > RowsFromMemory ? 1 : Setup.BeyondCaches / bytes;
        for (int i = 0; i < copies; i++)
        {
            DeviceWeight weight = _device.Upload(tensor, WeightUse.Linear);
            _targets.Add([new LinearTarget(weight, null, _output)]);
        }

        // A device may pack a matrix when it is first used.
        for (int i = 0; i < copies; i++)
            Multiply();
        NativeMemory.Free(data);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (LinearTarget[] target in _targets)
            target[0].Weight.Dispose();
        _targets.Clear();
        _input.Dispose();
        _output.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Multiply()
    {
        _device.Linear(_input, _targets[_next]);
        _next = (_next + 1) % _targets.Count;
    }
}
