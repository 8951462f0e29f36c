using Inference.Execution;

namespace Inference.Cpu;

/// <summary>Activations in native memory, rows without gaps.</summary>
internal sealed unsafe class CpuTensor : DeviceTensor
{
    private readonly NativeBuffer _buffer;

    /// <summary>Allocates.</summary>
    public CpuTensor(int capacity, int columns)
        : base(capacity, columns) => _buffer = new NativeBuffer(checked((nuint)capacity * (nuint)columns * sizeof(float)));

    /// <summary>The first element.</summary>
    public float* Data => (float*)_buffer.Data;

    /// <summary>One row.</summary>
    public float* Row(int row) => Data + (nint)row * Columns;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _buffer.Dispose();
}
