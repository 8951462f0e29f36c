using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Inference.Formats;
using Inference.Formats.Blocks;

namespace Inference.Cpu.Linear;

/// <summary>Fills the panels of a <see cref="PackedMatrix"/> from a stored tensor. Different panels may be filled at the same time.</summary>
internal abstract unsafe class PanelPacker
{
    private readonly StoredTensor _tensor;
    private readonly byte* _source;
    private volatile bool _failed;

    protected PanelPacker(StoredTensor tensor, PackedMatrix matrix)
    {
        _tensor = tensor;
        _source = (byte*)tensor.Address;
        Type = tensor.Type;
        Matrix = matrix;
        Layout = matrix.Layout;
        RowBytes = checked((nint)BlockFormat.ByteLength(tensor.Type, matrix.Columns));
        BlockBytes = BlockFormat.BlockBytes(tensor.Type);
    }

    /// <summary>The stored type; the layout may be another type's.</summary>
    protected TensorType Type { get; }

    /// <summary>Whether the layout cannot keep a number of the tensor.</summary>
    public bool HasFailed => _failed;

    /// <summary>What is filled.</summary>
    public PackedMatrix Matrix { get; }

    protected PanelLayout Layout { get; }

    /// <summary>Bytes of a stored row.</summary>
    protected nint RowBytes { get; }

    /// <summary>Bytes of a stored block.</summary>
    protected int BlockBytes { get; }

    /// <summary>The packer for a tensor's type and a matrix's layout.</summary>
    public static PanelPacker Create(StoredTensor tensor, PackedMatrix matrix) => matrix.Layout.Type switch
    {
        _ when !matrix.Layout.IsQuantized => new NumberPacker(tensor, matrix),
        TensorType.Q5_0 => new BlockPacker<Q5_0Layout>(tensor, matrix),
        TensorType.Q5_1 => new BlockPacker<Q5_1Layout>(tensor, matrix),
        TensorType.Q2_K => new BlockPacker<Q2_KLayout>(tensor, matrix),
        TensorType.Q3_K => new BlockPacker<Q3_KLayout>(tensor, matrix),
        TensorType.Q4_K => new BlockPacker<Q4_KLayout>(tensor, matrix),
        TensorType.Q5_K => new BlockPacker<Q5_KLayout>(tensor, matrix),
        TensorType.Q6_K => new BlockPacker<Q6_KLayout>(tensor, matrix),
        TensorType.IQ4_XS => new BlockPacker<IQ4_XSLayout>(tensor, matrix),
        _ => new CopyPacker(tensor, matrix),
    };

    /// <summary>Whether the layout may lack a number of the tensor; packing alone tells.</summary>
    public bool MayFail => Type == TensorType.F16 && Layout is { Type: TensorType.F16, Form: not CodeForm.IeeeNumbers };

    /// <summary>Brings the stored bytes of some panels into memory with one call to the system.</summary>
    /// <param name="first">The first panel.</param>
    /// <param name="end">The one after the last.</param>
    public void Fetch(int first, int end)
    {
        (long start, long length) = Stored(first, end);
        _tensor.FetchPages(start, length);
    }

    /// <summary>Lets go of the stored bytes of some panels.</summary>
    /// <param name="first">The first panel.</param>
    /// <param name="end">The one after the last.</param>
    /// <returns>How many bytes those are.</returns>
    public long Release(int first, int end)
    {
        (long start, long length) = Stored(first, end);
        _tensor.ReleasePages(start, length);
        return length;
    }

    /// <summary>Asks for the stored bytes of a panel, which is then filled several times faster: 16 rows side by side are more than the processor foresees.</summary>
    /// <param name="index">The panel.</param>
    public void Prefetch(int index)
    {
        const int CacheLine = 64;
        if (!Sse.IsSupported)
            return;
        nint firstRow = (nint)index * PanelLayout.Rows;
        byte* end = _source + Math.Min(firstRow + PanelLayout.Rows, Matrix.Rows) * RowBytes;
        for (byte* line = _source + firstRow * RowBytes; line < end; line += CacheLine)
            Sse.Prefetch1(line);
    }

    /// <summary>Fills one panel but for what follows its last super-block.</summary>
    /// <param name="source">The stored block of the panel's first row and column.</param>
    /// <param name="rows">Rows that the matrix has in the panel; all others become zeros.</param>
    /// <param name="panel">The panel.</param>
    /// <returns>False where the layout cannot keep a number.</returns>
    protected abstract bool TryPackPanel(byte* source, int rows, byte* panel);

    /// <summary>Fills one panel, unless the layout cannot keep one of its numbers: the packer has failed then.</summary>
    /// <param name="index">The panel.</param>
    /// <param name="panel">Where it is to be.</param>
    public void Pack(int index, byte* panel)
    {
        int firstRow = index * PanelLayout.Rows;
        int rows = Math.Min(PanelLayout.Rows, Matrix.Rows - firstRow);
        nint used = Matrix.Columns / Layout.SuperColumns * (nint)Layout.SuperBytes;
        nint kept = rows < PanelLayout.Rows ? 0 : used;
        NativeMemory.Clear(panel + kept, (nuint)(Matrix.PanelBytes - kept));
        if (!TryPackPanel(_source + firstRow * RowBytes, rows, panel))
            _failed = true;
    }

    private (long Start, long Length) Stored(int first, int end)
    {
        long start = first * (long)PanelLayout.Rows * RowBytes;
        return (start, Math.Min(end * (long)PanelLayout.Rows, Matrix.Rows) * RowBytes - start);
    }
}
