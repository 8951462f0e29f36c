using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Inference.Cpu;
using Inference.Cpu.Linear;
using Inference.Formats;

namespace Inference.Benchmarks;

/// <summary>One linear layer of 4096 x 2048, as a decode step (1 row), a small batch (8) and a prompt (256) read it. Operations: 2 x weights x rows.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByParams)]
public unsafe class LinearBenchmark
{
    private const int MatrixRows = 4096;
    private const int Columns = 2048;
    private readonly QuantizedActivations _scratch = new();
    private ThreadTeam _team = null!;
    private PackedMatrix _widest = null!;
    private PackedMatrix _portable = null!;
    private float* _input;
    private float* _output;

    [Params(TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_K, TensorType.Q6_K, TensorType.F16, TensorType.F32)]
    public TensorType Type { get; set; }

    [Params(1, 8, 256)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _team = new ThreadTeam(1);
        long bytes = BlockFormat.ByteLength(Type, (long)MatrixRows * Columns);
        void* data = NativeMemory.AllocZeroed((nuint)bytes);
        var tensor = new StoredTensor("weight", Type, [MatrixRows, Columns], (nint)data, bytes);
        _widest = PackedMatrix.Pack(tensor, _team);
        _portable = PackedMatrix.Pack(tensor, _team, KernelTable.Widest);
        NativeMemory.Free(data);
        _input = (float*)NativeMemory.AlignedAlloc((nuint)(Rows * Columns * sizeof(float)), 64);
        _output = (float*)NativeMemory.AlignedAlloc((nuint)(Rows * MatrixRows * sizeof(float)), 64);
        var random = new Random(1);
        for (int i = 0; i < Rows * Columns; i++)
            _input[i] = random.NextSingle() - 0.5f;
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _widest.Dispose();
        _portable.Dispose();
        _scratch.Dispose();
        _team.Dispose();
        NativeMemory.AlignedFree(_input);
        NativeMemory.AlignedFree(_output);
    }

    [Benchmark(Baseline = true, Description = "portable vectors")]
    public void Portable() => Run(_portable);

    [Benchmark(Description = "as selected")]
    public void Selected() => Run(_widest);

    private void Run(PackedMatrix weight) =>
        LinearKernel.Run(_team, _input, Rows, Columns, _scratch, [new LinearCall(weight, null, _output, MatrixRows)]);
}
