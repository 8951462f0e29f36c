using System.Runtime.CompilerServices;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>Packs quantised types from their unpacked blocks.</summary>
internal sealed unsafe class BlockPacker : PanelPacker
{
    private readonly byte[]? _indices;

    public BlockPacker(StoredTensor tensor, PackedMatrix matrix)
        : base(tensor, matrix) => _indices = Layout.Form == CodeForm.Indices ? Codebook.NonLinearIndices() : null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override bool TryPackPanel(byte* source, int rows, byte* panel)
    {
        byte* codes = stackalloc byte[Layout.SuperColumns];
        Span<float> scales = stackalloc float[16];
        Span<float> minima = stackalloc float[16];
        int supers = Matrix.Columns / Layout.SuperColumns;
        var superScales = new SuperScalePacker(Layout);
        for (int super = 0; super < supers; super++, source += BlockBytes, panel += Layout.SuperBytes)
        {
            for (int row = 0; row < rows; row++)
            {
                var block = new ReadOnlySpan<byte>(source + row * RowBytes, BlockBytes);
                BlockFormat.Unpack(Type, block, new Span<byte>(codes, Layout.SuperColumns), scales, minima);
                for (int i = 0; i < Layout.SuperBlocks; i++)
                    PackCodes(codes + i * PanelLayout.BlockColumns, panel + i * Layout.BlockCodeBytes + 4 * row);
                superScales.Pack(block, scales, minima, panel + Layout.SuperBlocks * Layout.BlockCodeBytes, row);
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackCodes(byte* codes, byte* destination)
    {
        if (_indices is not null)
        {
            for (int i = 0; i < PanelLayout.BlockColumns; i++)
                codes[i] = _indices[codes[i]];
        }

        uint* groups = (uint*)codes;
        if (Layout.Form == CodeForm.Bytes)
        {
            for (int i = 0; i < 8; i++)
                *(uint*)(destination + i * PanelLayout.GroupBytes) = groups[i];
            return;
        }

        for (int i = 0; i < 4; i++)
            *(uint*)(destination + i * PanelLayout.GroupBytes) = groups[i] | groups[i + 4] << 4;
    }
}
