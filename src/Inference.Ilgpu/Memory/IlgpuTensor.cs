using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;

namespace Inference.Ilgpu.Memory;

/// <summary>Activations in the device's memory, with a copy in the host's once rows are read.</summary>
internal sealed class IlgpuTensor(Accelerator accelerator, MemoryBuffer1D<float, Stride1D.Dense> memory, int capacity, int columns) : DeviceTensor(capacity, columns)
{
    private PageLockedArray1D<float>? _host;

    /// <summary>The rows in use.</summary>
    public ArrayView<float> View => ((ArrayView<float>)memory.View).SubView(0, (long)Rows * Columns);

    /// <summary>Which operation the host's copy was made after; -1 for none.</summary>
    public long ReadAfter { get; set; } = -1;

    /// <summary>The host's copy; page-locked, so that the card writes it itself.</summary>
    public float[] Host => (_host ??= accelerator.AllocatePageLocked1D<float>((long)Capacity * Columns)).GetArray();

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _host?.Dispose();
        memory.Dispose();
    }
}
