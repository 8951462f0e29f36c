using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;
using Inference.Ilgpu.Accelerators;

namespace Inference.Ilgpu.Memory;

/// <summary>The integers of a step, brought to the device by one copy.</summary>
/// <remarks>
/// Sections have fixed places until one of them must grow: launches of a step that is repeated as a graph name the same memory. A
/// sequence has four integers: first row, first position, first block, rows.
/// </remarks>
internal sealed class StepBuffers(ComputeQueue queue) : IDisposable
{
    /// <summary>Integers of a sequence.</summary>
    public const int SequenceSize = 4;

    private PageLockedArray1D<int>? _host;
    private MemoryBuffer1D<int, Stride1D.Dense>? _device;
    private int _rowCapacity;
    private int _blockCapacity;
    private bool _isCopying;

    /// <summary>Changes when the memory has moved.</summary>
    public int Version { get; private set; }

    public int Rows { get; private set; }

    public int LogitRowCount { get; private set; }

    /// <summary>Positions of the longest sequence, those of this step included.</summary>
    public int MaxLength { get; private set; }

    public ArrayView<int> Tokens => Section(0, _rowCapacity);

    public ArrayView<int> Positions => Section(_rowCapacity, _rowCapacity);

    /// <summary>The sequence of each row.</summary>
    public ArrayView<int> RowSequences => Section(2 * _rowCapacity, _rowCapacity);

    public ArrayView<int> LogitRows => Section(3 * _rowCapacity, _rowCapacity);

    /// <summary><see cref="SequenceSize"/> integers of each.</summary>
    public ArrayView<int> Sequences => Section(4 * _rowCapacity, SequenceSize * _rowCapacity);

    /// <summary>Block tables of all sequences.</summary>
    public ArrayView<int> Blocks => Section(8 * _rowCapacity, _blockCapacity);

    /// <summary>Enqueues the copy. The batch may change when this returns.</summary>
    public void Begin(StepBatch batch)
    {
        if (_isCopying)
            Synchronize();
        Reserve(batch.RowCount, batch.Blocks.Length);
        int[] host = _host!.GetArray();
        batch.Tokens.CopyTo(host);
        batch.Positions.CopyTo(host.AsSpan(_rowCapacity));
        batch.LogitRows.CopyTo(host.AsSpan(3 * _rowCapacity));
        batch.Blocks.CopyTo(host.AsSpan(8 * _rowCapacity));
        Rows = batch.RowCount;
        LogitRowCount = batch.LogitRows.Length;
        MaxLength = 0;
        for (int i = 0; i < batch.Sequences.Length; i++)
        {
            SequenceSlice slice = batch.Sequences[i];
            MaxLength = Math.Max(MaxLength, slice.Length);
            host.AsSpan((2 * _rowCapacity) + slice.FirstRow, slice.RowCount).Fill(i);
            Span<int> sequence = host.AsSpan((4 * _rowCapacity) + (i * SequenceSize), SequenceSize);
            (sequence[0], sequence[1], sequence[2], sequence[3]) = (slice.FirstRow, slice.FirstPosition, slice.FirstBlock, slice.RowCount);
        }

        int used = (8 * _rowCapacity) + batch.Blocks.Length;
        ((ArrayView<int>)_device!.View).SubView(0, used).CopyFromCPUUnsafeAsync(queue.Stream, ref host[0], used);
        _isCopying = true;
    }

    /// <summary>Waits for all that was enqueued.</summary>
    public void Synchronize()
    {
        queue.Stream.Synchronize();
        _isCopying = false;
    }

    public void Dispose()
    {
        _device?.Dispose();
        _host?.Dispose();
    }

    private ArrayView<int> Section(int start, int length) => ((ArrayView<int>)_device!.View).SubView(start, length);

    private void Reserve(int rows, int blocks)
    {
        if (rows <= _rowCapacity && blocks <= _blockCapacity)
            return;
        Synchronize();
        Dispose();
        (_device, _host) = (null, null);
        _rowCapacity = Math.Max(_rowCapacity, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(rows, 64)));
        _blockCapacity = Math.Max(_blockCapacity, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(blocks, 1024)));
        int length = checked((8 * _rowCapacity) + _blockCapacity);
        _device = queue.Allocate<int>(length, "block tables");
        _host = queue.Accelerator.AllocatePageLocked1D<int>(length);
        Version++;
    }
}
