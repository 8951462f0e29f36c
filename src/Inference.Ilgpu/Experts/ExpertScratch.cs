using ILGPU;
using ILGPU.Runtime;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Experts;

/// <summary>Memory for what lies between the scores and the mixture. It grows to the largest step and stays.</summary>
internal sealed class ExpertScratch(ComputeQueue queue) : IDisposable
{
    private MemoryBuffer1D<int, Stride1D.Dense>? _experts;
    private MemoryBuffer1D<int, Stride1D.Dense>? _order;
    private MemoryBuffer1D<float, Stride1D.Dense>? _weights;
    private MemoryBuffer1D<float, Stride1D.Dense>? _gate;
    private MemoryBuffer1D<float, Stride1D.Dense>? _up;
    private MemoryBuffer1D<float, Stride1D.Dense>? _outputs;

    /// <summary>Changes when the memory has moved.</summary>
    public int Version { get; private set; }

    /// <summary>The expert of each place, and the places sorted by it.</summary>
    public (ArrayView<int> Experts, ArrayView<int> Order, ArrayView<float> Weights) Places(int places) =>
        (Reserve(ref _experts, places), Reserve(ref _order, places), Reserve(ref _weights, places));

    /// <summary>What experts compute for each place.</summary>
    /// <param name="places">Places.</param>
    /// <param name="hidden">Elements of a gate, and of an up.</param>
    /// <param name="width">Elements of an output.</param>
    public (ArrayView<float> Gate, ArrayView<float> Up, ArrayView<float> Outputs) Rows(int places, int hidden, int width) =>
        (Reserve(ref _gate, (long)places * hidden), Reserve(ref _up, (long)places * hidden), Reserve(ref _outputs, (long)places * width));

    public void Dispose()
    {
        _experts?.Dispose();
        _order?.Dispose();
        _weights?.Dispose();
        _gate?.Dispose();
        _up?.Dispose();
        _outputs?.Dispose();
    }

    private ArrayView<T> Reserve<T>(ref MemoryBuffer1D<T, Stride1D.Dense>? buffer, long length)
        where T : unmanaged
    {
        if (buffer is null || buffer.Length < length)
        {
            // What was enqueued may still read the old memory.
            queue.Stream.Synchronize();
            buffer?.Dispose();
            buffer = null;
            buffer = queue.Allocate<T>((long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)length), "experts' activations");
            Version++;
        }

        return ((ArrayView<T>)buffer.View).SubView(0, length);
    }
}
