using System.Runtime.InteropServices;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>Fills the panels of a <see cref="PackedMatrix"/> from a stored tensor, on all threads of a team.</summary>
internal sealed unsafe class PanelPacker
{
    private readonly PackedMatrix _matrix;
    private readonly PanelLayout _layout;
    private readonly byte* _source;
    private readonly nint _rowBytes;
    private readonly int _blockBytes;
    private readonly byte[]? _indices;
    private int _next;

    private PanelPacker(StoredTensor tensor, PackedMatrix matrix)
    {
        _matrix = matrix;
        _layout = matrix.Layout;
        _source = (byte*)tensor.Address;
        _rowBytes = checked((nint)BlockFormat.ByteLength(tensor.Type, matrix.Columns));
        _blockBytes = BlockFormat.BlockBytes(tensor.Type);
        _indices = _layout.Form == CodeForm.Indices ? Codebook.Indices(tensor.Type) : null;
    }

    /// <summary>Fills all panels.</summary>
    public static void Pack(StoredTensor tensor, PackedMatrix matrix, ThreadTeam team)
    {
        GCHandle handle = GCHandle.Alloc(new PanelPacker(tensor, matrix));
        try
        {
            team.Run(&Work, (void*)GCHandle.ToIntPtr(handle));
        }
        finally
        {
            handle.Free();
        }
    }

    private static void Work(int worker, void* state)
    {
        var packer = (PanelPacker)GCHandle.FromIntPtr((nint)state).Target!;
        int panel;
        while ((panel = Interlocked.Increment(ref packer._next) - 1) < packer._matrix.PanelCount)
        {
            if (packer._layout.IsQuantized)
                packer.PackBlocks(panel);
            else
                packer.PackNumbers(panel);
        }
    }

    private void PackNumbers(int panel)
    {
        int rows = RowsIn(panel);
        int size = _blockBytes;
        byte* destination = _matrix.Panels + panel * _matrix.PanelBytes;
        byte* source = _source + (nint)panel * PanelLayout.Rows * _rowBytes;
        if (rows < PanelLayout.Rows)
            NativeMemory.Clear(destination, (nuint)_matrix.PanelBytes);
        for (int row = 0; row < rows; row++, source += _rowBytes)
        {
            if (size == sizeof(float))
                Spread((uint*)source, (uint*)destination + row, _matrix.Columns);
            else
                Spread((ushort*)source, (ushort*)destination + row, _matrix.Columns);
        }
    }

    private static void Spread<T>(T* source, T* destination, int count)
        where T : unmanaged
    {
        for (nint i = 0; i < count; i++)
            destination[i * PanelLayout.Rows] = source[i];
    }

    private void PackBlocks(int panel)
    {
        byte* codes = stackalloc byte[_layout.SuperColumns];
        Span<float> scales = stackalloc float[16];
        Span<float> minima = stackalloc float[16];
        int rows = RowsIn(panel);
        byte* destination = _matrix.Panels + panel * _matrix.PanelBytes;
        byte* source = _source + (nint)panel * PanelLayout.Rows * _rowBytes;
        var superScales = new SuperScalePacker(_layout);
        for (int super = 0; super < _matrix.Columns / _layout.SuperColumns; super++, destination += _layout.SuperBytes, source += _blockBytes)
        {
            if (rows < PanelLayout.Rows)
                NativeMemory.Clear(destination, (nuint)_layout.SuperBytes);
            for (int row = 0; row < rows; row++)
            {
                var block = new ReadOnlySpan<byte>(source + row * _rowBytes, _blockBytes);
                BlockFormat.Unpack(_layout.Type, block, new Span<byte>(codes, _layout.SuperColumns), scales, minima);
                for (int i = 0; i < _layout.SuperBlocks; i++)
                    PackCodes(codes + i * PanelLayout.BlockColumns, destination + i * _layout.BlockCodeBytes + 4 * row);
                superScales.Pack(block, scales, minima, destination + _layout.SuperBlocks * _layout.BlockCodeBytes, row);
            }
        }

        byte* end = _matrix.Panels + (panel + 1) * _matrix.PanelBytes;
        NativeMemory.Clear(destination, (nuint)(end - destination));
    }

    private void PackCodes(byte* codes, byte* destination)
    {
        if (_indices is not null)
        {
            for (int i = 0; i < PanelLayout.BlockColumns; i++)
                codes[i] = _indices[codes[i]];
        }

        uint* groups = (uint*)codes;
        if (_layout.Form == CodeForm.Bytes)
        {
            for (int i = 0; i < 8; i++)
                *(uint*)(destination + i * PanelLayout.GroupBytes) = groups[i];
            return;
        }

        for (int i = 0; i < 4; i++)
            *(uint*)(destination + i * PanelLayout.GroupBytes) = groups[i] | groups[i + 4] << 4;
    }

    private int RowsIn(int panel) => Math.Min(PanelLayout.Rows, _matrix.Rows - panel * PanelLayout.Rows);
}
