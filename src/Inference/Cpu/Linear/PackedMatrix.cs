using Inference.Cpu.Assembled;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>The matrix of a linear layer, in panels of 16 rows as <see cref="PanelLayout"/> describes them. Immutable.</summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private byte* _panels;

    private PackedMatrix(PanelLayout layout, int rows, int columns, KernelWidth width)
    {
        Layout = layout;
        Rows = rows;
        Columns = columns;
        PanelBytes = layout.PanelBytes(columns);
        PanelCount = (int)(((long)rows + PanelLayout.Rows - 1) / PanelLayout.Rows);
        ByteLength = checked((long)PanelCount * PanelBytes);
        if (width == KernelWidth.Widest)
            width = KernelChoice.Default;
        Tiles = width == KernelWidth.Assembled ? AssembledTiles.Find(layout.Type) : null;
        Kernel = Tiles != null ? &AssembledKernel.Run : KernelTable.Find(layout.Type, width);
        _panels = PanelMemory.Allocate(checked((nuint)ByteLength));
    }

    /// <summary>How the panels are laid out.</summary>
    public PanelLayout Layout { get; }

    /// <summary>Output features.</summary>
    public int Rows { get; }

    /// <summary>Input features.</summary>
    public int Columns { get; }

    /// <summary>Bytes held.</summary>
    public long ByteLength { get; }

    /// <summary>Panels, the last one padded.</summary>
    public int PanelCount { get; }

    /// <summary>Bytes of a panel.</summary>
    public nint PanelBytes { get; }

    /// <summary>What multiplies with it.</summary>
    public delegate*<in PanelTask, void> Kernel { get; }

    /// <summary>Assembled functions for its type, or null; see <see cref="AssembledTiles"/>.</summary>
    public nint* Tiles { get; }

    /// <summary>The first panel.</summary>
    public byte* Panels
    {
        get
        {
            ObjectDisposedException.ThrowIf(_panels == null, this);
            return _panels;
        }
    }

    /// <summary>Copies a stored matrix into panels; the stored bytes are not needed afterwards.</summary>
    /// <param name="tensor">[output features, input features], not empty.</param>
    /// <param name="team">Packs.</param>
    /// <param name="width">The register width to compute with.</param>
    /// <exception cref="NotSupportedException">Linear layers do not compute with the type or the shape.</exception>
    public static PackedMatrix Pack(StoredTensor tensor, ThreadTeam team, KernelWidth width = KernelWidth.Widest)
    {
        PanelLayout layout = PanelLayout.For(tensor.Type)
            ?? throw new NotSupportedException($"Linear layers do not compute with {tensor.Type}, the type of '{tensor.Name}'.");
        long rows = tensor.Rows;
        long columns = tensor.Columns;
        if (rows is <= 0 or > int.MaxValue - PanelLayout.Rows || columns is <= 0 or > int.MaxValue - PanelLayout.BlockColumns || columns % layout.SuperColumns != 0)
            throw new NotSupportedException($"Linear layers of {tensor.Type} cannot have the shape of '{tensor.Name}', {rows} x {columns}.");
        if (tensor.ByteLength < BlockFormat.ByteLength(tensor.Type, rows * columns))
            throw new NotSupportedException($"'{tensor.Name}' has fewer bytes than its shape takes.");

        // Halves that a panel cannot keep in 16 bits are kept as floats: the same numbers, so the same results.
        return TryPack(tensor, new PackedMatrix(layout, (int)rows, (int)columns, width), team)
            ?? TryPack(tensor, new PackedMatrix(PanelLayout.For(TensorType.F32)!, (int)rows, (int)columns, width), team)
            ?? throw new InvalidOperationException("Floats keep every number.");
    }

    private static PackedMatrix? TryPack(StoredTensor tensor, PackedMatrix matrix, ThreadTeam team)
    {
        bool packed = false;
        try
        {
            packed = PanelPacker.TryPack(tensor, matrix, team);
            return packed ? matrix : null;
        }
        finally
        {
            if (!packed)
                matrix.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        PanelMemory.Free(_panels);
        _panels = null;
    }
}
