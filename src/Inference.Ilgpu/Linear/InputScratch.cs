using Inference.Ilgpu.Accelerators;
using Inference.Ilgpu.Memory;

namespace Inference.Ilgpu.Linear;

/// <summary>Memory for activations as 8-bit codes.</summary>
internal sealed class InputScratch(ComputeQueue queue) : IDisposable
{
    private readonly GrowingBuffer<int> _codes = new(queue, "activations");
    private readonly GrowingBuffer<float> _scales = new(queue, "activations");
    private readonly GrowingBuffer<int> _sums = new(queue, "activations");

    /// <summary>Changes when the memory has moved.</summary>
    public int Version => _codes.Version + _scales.Version + _sums.Version;

    /// <summary>Rows that kernels may read at once, and so may read behind the last.</summary>
    public const int RowMultiple = 128;

    /// <param name="rows">Rows of the input.</param>
    /// <param name="blocks">Blocks a row.</param>
    public InputView View(int rows, int blocks)
    {
        long places = (rows + RowMultiple - 1) / RowMultiple * RowMultiple * (long)blocks;
        return new InputView { Codes = _codes.View(places * 8), Scales = _scales.View(places), Sums = _sums.View(places * 2) };
    }

    public void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
        _sums.Dispose();
    }
}
