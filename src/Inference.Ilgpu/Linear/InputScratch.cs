using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Linear;

/// <summary>Memory for activations as 8-bit codes. It grows to the largest input and stays.</summary>
internal sealed class InputScratch(ComputeQueue queue) : IDisposable
{
    private MemoryBuffer1D<int, Stride1D.Dense>? _codes;
    private MemoryBuffer1D<float, Stride1D.Dense>? _scales;
    private MemoryBuffer1D<int, Stride1D.Dense>? _sums;
    private long _capacity;

    /// <summary>Changes when the memory has moved.</summary>
    public int Version { get; private set; }

    /// <summary>Rows that kernels may read at once, and so may read behind the last.</summary>
    public const int RowMultiple = 64;

    /// <param name="rows">Rows of the input.</param>
    /// <param name="blocks">Blocks a row.</param>
    public InputView View(int rows, int blocks)
    {
        long needed = (rows + RowMultiple - 1) / RowMultiple * RowMultiple * (long)blocks;
        if (needed > _capacity)
            Grow((long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)needed));
        return new InputView { Codes = _codes!.View, Scales = _scales!.View, Sums = _sums!.View };
    }

    public void Dispose()
    {
        _codes?.Dispose();
        _scales?.Dispose();
        _sums?.Dispose();
    }

    private void Grow(long blocks)
    {
        // What was enqueued may still read the old memory.
        queue.Stream.Synchronize();
        Dispose();
        (_codes, _scales, _sums) = (queue.Allocate<int>(blocks * 8, "activations"), queue.Allocate<float>(blocks, "activations"), queue.Allocate<int>(blocks * 2, "activations"));
        _capacity = blocks;
        Version++;
    }
}
