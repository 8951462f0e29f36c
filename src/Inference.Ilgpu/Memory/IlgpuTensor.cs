using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;

namespace Inference.Ilgpu.Memory;

/// <summary>Activations in the device's memory, with a copy in the host's once rows are read.</summary>
internal sealed class IlgpuTensor(Accelerator accelerator, MemoryBuffer1D<float, Stride1D.Dense> memory, int capacity, int columns) : DeviceTensor(capacity, columns)
{
    /// <summary>Of the rows in use, the share that is copied one by one: what copies of their own cost is no more than that much of a copy of all.</summary>
    private const int FewRows = 8;

    private readonly HashSet<int> _rowsRead = [];
    private PageLockedArray1D<float>? _host;
    private long _allReadAfter = -1;
    private long _rowsReadAfter = -1;

    /// <summary>The rows in use.</summary>
    public ArrayView<float> View => ((ArrayView<float>)memory.View).SubView(0, (long)Rows * Columns);

    /// <summary>The host's copy; page-locked, so that the card writes it itself.</summary>
    public float[] Host => (_host ??= accelerator.AllocatePageLocked1D<float>((long)Capacity * Columns)).GetArray();

    /// <summary>Whether the host's copy of a row was made after an operation.</summary>
    public bool IsRead(int row, long operation) => _allReadAfter == operation || (_rowsReadAfter == operation && _rowsRead.Contains(row));

    /// <summary>The rows to copy now that one is wanted: that one, or all.</summary>
    public (int First, int Count) NextToRead(int row, long operation) =>
        (_rowsReadAfter == operation ? _rowsRead.Count : 0) < Rows / FewRows ? (row, 1) : (0, Rows);

    /// <summary>Notes that rows were copied after an operation.</summary>
    public void NoteRead(int first, int count, long operation)
    {
        if (count == Rows)
        {
            _allReadAfter = operation;
            return;
        }

        if (_rowsReadAfter != operation)
            _rowsRead.Clear();
        _rowsReadAfter = operation;
        _rowsRead.Add(first);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _host?.Dispose();
        memory.Dispose();
    }
}
