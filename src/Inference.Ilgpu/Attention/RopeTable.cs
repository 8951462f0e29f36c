using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Attention;

/// <summary>Cosines and sines of a rotary embedding at every position so far, computed in doubles.</summary>
internal sealed class RopeTable(ComputeQueue queue, Rope rope) : IDisposable
{
    private const int LeastPositions = 256;

    private MemoryBuffer1D<float, Stride1D.Dense>? _memory;
    private int _positions;

    public int Pairs => rope.InverseFrequencies.Length;

    /// <param name="positions">How many positions the view must have.</param>
    /// <param name="moved">Whether the memory is another than before.</param>
    public ArrayView<float> View(int positions, out bool moved)
    {
        moved = positions > _positions;
        if (moved)
            Grow(Math.Max(LeastPositions, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)positions)));
        return _memory!.View;
    }

    public void Dispose() => _memory?.Dispose();

    private void Grow(int positions)
    {
        float[] values = new float[checked(positions * Pairs * 2)];
        Parallel.For(0, positions, position =>
        {
            for (int pair = 0; pair < Pairs; pair++)
            {
                (double sine, double cosine) = Math.SinCos(position * rope.InverseFrequencies[pair]);
                values[((position * Pairs) + pair) * 2] = (float)(cosine * rope.Magnitude);
                values[(((position * Pairs) + pair) * 2) + 1] = (float)(sine * rope.Magnitude);
            }
        });
        queue.Stream.Synchronize();
        _memory?.Dispose();
        _memory = null;
        _memory = queue.Allocate<float>(values.Length, "rotary embeddings");
        _memory.View.CopyFromCPU(queue.Stream, values);
        queue.Stream.Synchronize();
        _positions = positions;
    }
}
