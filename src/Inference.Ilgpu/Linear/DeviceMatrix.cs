using ILGPU;
using ILGPU.Runtime;
using Inference.Execution;

namespace Inference.Ilgpu.Linear;

/// <summary>A matrix in the device's memory.</summary>
internal sealed class DeviceMatrix : DeviceWeight
{
    private MemoryBuffer1D<byte, Stride1D.Dense>? _memory;
    private IDisposable? _share;

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
        };
    }

    public MatrixLayout Layout { get; }

    public MatrixView View { get; private set; }

    /// <summary>All of it, for whoever fills it, as long as it has memory of its own.</summary>
    public ArrayView<byte> Memory => _memory?.View ?? ArrayView<byte>.Empty;

    public bool HasMoved => _share is not null;

    public override long ByteLength => Layout.ByteLength;

    /// <summary>Gives up its own memory, of which nothing may be under way any more, for part of another's.</summary>
    /// <param name="view">The same matrix, over there.</param>
    /// <param name="share">Disposed with the matrix.</param>
    public void Move(MatrixView view, IDisposable share)
    {
        View = view;
        _share = share;
        _memory!.Dispose();
        _memory = null;
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _memory?.Dispose();
        _share?.Dispose();
        (_memory, _share) = (null, null);
    }

    // A kernel wants a view of something, read or not.
    private ArrayView<int> Plane(long start, long length) => length == 0
        ? Memory.SubView(0, sizeof(int)).Cast<int>()
        : Memory.SubView(start, length).Cast<int>();
}
