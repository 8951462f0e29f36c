using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;

namespace Inference.Ilgpu.Linear;

/// <summary>A matrix in the device's memory.</summary>
internal sealed class DeviceMatrix : DeviceWeight
{
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _memory;

    /// <param name="layout">How it lies there.</param>
    /// <param name="memory">As many bytes as the layout has.</param>
    public DeviceMatrix(MatrixLayout layout, MemoryBuffer1D<byte, Stride1D.Dense> memory)
        : base(layout.Rows, layout.Columns)
    {
        Layout = layout;
        _memory = memory;
        View = new MatrixView
        {
            Codes = Plane(0, layout.CodeBytes),
            Upper = Plane(layout.UpperStart, layout.UpperBytes),
            Scales = Plane(layout.ScaleStart, layout.ScaleBytes),
            SubScales = Plane(layout.SubScaleStart, layout.SubScaleBytes),
            Rows = layout.Rows,
            Columns = layout.Columns,
            Blocks = layout.Blocks,
            Zero = layout.Zero,
        };
    }

    public MatrixLayout Layout { get; }

    public MatrixView View { get; }

    /// <summary>All of it, for whoever fills it.</summary>
    public ArrayView<byte> Memory => _memory.View;

    public override long ByteLength => Layout.ByteLength;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _memory.Dispose();
    }

    // A kernel wants a view of something, read or not.
    private ArrayView<int> Plane(long start, long length) => length == 0
        ? ((ArrayView<byte>)_memory.View).SubView(0, sizeof(int)).Cast<int>()
        : ((ArrayView<byte>)_memory.View).SubView(start, length).Cast<int>();
}
