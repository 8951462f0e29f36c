using System.Runtime.InteropServices;
using Inference.Cpu.Assembled;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>The matrix of a linear layer, in panels of 16 rows as <see cref="PanelLayout"/> describes them. Immutable.</summary>
/// <remarks>
/// A streamed matrix has no memory for its panels: each is made from the stored bytes where it is needed, and lost again. That takes as
/// long as packing does, each time, and spares the system finding memory for a copy of the model, which can take longer than all else.
/// </remarks>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private readonly KernelWidth _width;
    private byte* _panels;
    private GCHandle<PanelPacker> _packer;
    private bool _isDisposed;
    private delegate*<in PanelTask, void> _kernel;
    private AssembledTiles* _tiles;

    private PackedMatrix(PanelLayout layout, int rows, int columns, KernelWidth width)
    {
        _width = width == KernelWidth.Widest ? KernelChoice.Default : width;
        Layout = Fit(layout, _width);
        Rows = rows;
        Columns = columns;
        PanelBytes = Layout.PanelBytes(columns);
        PanelCount = (int)(((long)rows + PanelLayout.Rows - 1) / PanelLayout.Rows);
    }

    /// <summary>How the panels are laid out.</summary>
    public PanelLayout Layout { get; }

    /// <summary>Output features.</summary>
    public int Rows { get; }

    /// <summary>Input features.</summary>
    public int Columns { get; }

    /// <summary>Bytes of the panels.</summary>
    public long ByteLength => checked((long)PanelCount * PanelBytes);

    /// <summary>Panels, the last one padded.</summary>
    public int PanelCount { get; }

    /// <summary>Bytes of a panel.</summary>
    public nint PanelBytes { get; }

    /// <summary>What multiplies with it.</summary>
    /// <remarks>Chosen when first asked for: assembling takes a moment that packing need not wait for; see <see cref="PrepareKernel"/>.</remarks>
    public delegate*<in PanelTask, void> Kernel
    {
        get
        {
            ChooseKernel();
            return _kernel;
        }
    }

    /// <summary>Assembled functions for its type, or null; see <see cref="AssembledTiles"/>.</summary>
    public AssembledTiles* Tiles
    {
        get
        {
            ChooseKernel();
            return _tiles;
        }
    }

    /// <summary>The first panel; null where the matrix is streamed.</summary>
    public byte* Panels
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _panels;
        }
    }

    /// <summary>What makes the panels where the matrix is streamed; empty where they lie in memory.</summary>
    public GCHandle<PanelPacker> Packer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _packer;
        }
    }

    /// <summary>A matrix that is computed with as it is stored; null where only packing tells whether the layout has all numbers.</summary>
    /// <param name="tensor">[output features, input features], not empty; mapped as long as the matrix lives.</param>
    /// <param name="width">The register width to compute with.</param>
    /// <exception cref="NotSupportedException">Linear layers do not compute with the type or the shape.</exception>
    public static PackedMatrix? TryStream(StoredTensor tensor, KernelWidth width = KernelWidth.Widest)
    {
        var matrix = new PackedMatrix(CheckedLayout(tensor), (int)tensor.Rows, (int)tensor.Columns, width);
        PanelPacker packer = PanelPacker.Create(tensor, matrix);
        if (packer.MayFail)
            return null;
        matrix._packer = new GCHandle<PanelPacker>(packer);
        return matrix;
    }

    /// <summary>Copies a stored matrix into panels; the stored bytes are not needed afterwards.</summary>
    /// <param name="tensor">[output features, input features], not empty.</param>
    /// <param name="team">Packs.</param>
    /// <param name="width">The register width to compute with.</param>
    /// <exception cref="NotSupportedException">Linear layers do not compute with the type or the shape.</exception>
    public static PackedMatrix Pack(StoredTensor tensor, ThreadTeam team, KernelWidth width = KernelWidth.Widest) => Pack([tensor], team, width)[0];

    /// <summary>Copies stored matrices into panels, all as one piece of work.</summary>
    /// <param name="tensors">Each [output features, input features], not empty.</param>
    /// <param name="team">Packs.</param>
    /// <param name="width">The register width to compute with.</param>
    /// <param name="packed">Told, on the calling thread, how many more stored bytes are packed; null for nobody.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="NotSupportedException">Linear layers do not compute with a type or a shape.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static PackedMatrix[] Pack(IReadOnlyList<StoredTensor> tensors, ThreadTeam team, KernelWidth width = KernelWidth.Widest, Action<long>? packed = null, CancellationToken cancellation = default)
    {
        var matrices = new PackedMatrix[tensors.Count];
        bool done = false;
        try
        {
            for (int i = 0; i < matrices.Length; i++)
                matrices[i] = Allocate(CheckedLayout(tensors[i]), (int)tensors[i].Rows, (int)tensors[i].Columns, width);
            bool[] kept = PackingJob.Run(tensors, matrices, team, packed, cancellation);
            for (int i = 0; i < kept.Length; i++)
            {
                if (kept[i])
                    continue;

                // Halves that a panel cannot keep in 16 bits are kept as floats: the same numbers, so the same results.
                PackedMatrix narrow = matrices[i];
                matrices[i] = Allocate(PanelLayout.For(TensorType.F32)!, narrow.Rows, narrow.Columns, width);
                narrow.Dispose();
                if (!PackingJob.Run([tensors[i]], [matrices[i]], team, null, cancellation)[0])
                    throw new InvalidOperationException("Floats keep every number.");
            }

            done = true;
            return matrices;
        }
        finally
        {
            for (int i = 0; !done && i < matrices.Length; i++)
                matrices[i]?.Dispose();
        }
    }

    /// <summary>The layout for a stored matrix.</summary>
    /// <exception cref="NotSupportedException">Linear layers do not compute with its type or its shape.</exception>
    public static PanelLayout CheckedLayout(StoredTensor tensor)
    {
        PanelLayout layout = PanelLayout.For(tensor.Type)
            ?? throw new NotSupportedException($"Linear layers do not compute with {tensor.Type}, the type of '{tensor.Name}'.");
        long rows = tensor.Rows;
        long columns = tensor.Columns;
        if (rows is <= 0 or > int.MaxValue - PanelLayout.Rows || columns is <= 0 or > int.MaxValue - PanelLayout.BlockColumns || columns % layout.SuperColumns != 0)
            throw new NotSupportedException($"Linear layers of {tensor.Type} cannot have the shape of '{tensor.Name}', {rows} x {columns}.");
        if (tensor.ByteLength < BlockFormat.ByteLength(tensor.Type, rows * columns))
            throw new NotSupportedException($"'{tensor.Name}' has fewer bytes than its shape takes.");
        return layout;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _packer.Dispose();
        PanelMemory.Free(_panels);
        _panels = null;
    }

    /// <summary>Assembles what a matrix of a type will first be multiplied with: in a new process that takes as long as packing a small model, and can be done beside it. Thread-safe.</summary>
    /// <param name="type">The stored type.</param>
    /// <param name="width">The register width to compute with.</param>
    public static void PrepareKernel(TensorType type, KernelWidth width)
    {
        if (width == KernelWidth.Assembled && PanelLayout.For(type) is { } layout)
            AssembledTiles.Find(Fit(layout, width));
    }

    private static PanelLayout Fit(PanelLayout layout, KernelWidth width) =>
        width == KernelWidth.Assembled && VnniSupport.IsSupported ? PanelLayout.For(layout.Type, isIeee: true)! : layout;

    private void ChooseKernel()
    {
        if (_kernel != null)
            return;
        _tiles = _width == KernelWidth.Assembled ? AssembledTiles.Find(Layout) : null;
        _kernel = _tiles == null ? KernelTable.Find(Layout, _width) : Layout.IsQuantized ? &AssembledKernel.Run : &AssembledFloatKernel.Run;
    }

    private static PackedMatrix Allocate(PanelLayout layout, int rows, int columns, KernelWidth width)
    {
        var matrix = new PackedMatrix(layout, rows, columns, width);
        matrix._panels = PanelMemory.Allocate(checked((nuint)matrix.ByteLength));
        return matrix;
    }
}
