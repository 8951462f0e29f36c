using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Inference.Formats;
using Inference.Formats.Blocks;

namespace Inference.Ilgpu.Linear;

/// <summary>Brings stored rows into the order of <see cref="MatrixLayout"/>, tile by tile. Tiles may be packed on several threads at once.</summary>
/// <param name="layout">The order.</param>
/// <param name="tensor">The stored matrix.</param>
internal sealed class MatrixPacker(MatrixLayout layout, StoredTensor tensor)
{
    private const int TileRows = MatrixLayout.TileRows;
    private const int BlockColumns = MatrixLayout.BlockColumns;

    /// <summary>Packs one tile.</summary>
    /// <param name="tile">Which.</param>
    /// <param name="codes">The tile's part of the first plane.</param>
    /// <param name="upper">Of the second.</param>
    /// <param name="scales">Of the third.</param>
    /// <param name="subScales">Of the fourth.</param>
    public void Pack(int tile, Span<byte> codes, Span<byte> upper, Span<byte> scales, Span<byte> subScales)
    {
        codes.Clear();
        upper.Clear();
        scales.Clear();
        subScales.Clear();
        int rows = Math.Min(TileRows, layout.Rows - (tile * TileRows));
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<byte> source = tensor.Row(((long)tile * TileRows) + row);
            switch (layout.Kind)
            {
                case MatrixKind.Single:
                    PackSingles(row, source, MemoryMarshal.Cast<byte, float>(codes));
                    break;
                case MatrixKind.Half or MatrixKind.BFloat:
                    PackHalves(row, source, MemoryMarshal.Cast<byte, ushort>(codes));
                    break;
                default:
                    PackCodes(row, source, codes, upper, scales, subScales);
                    break;
            }
        }
    }

    private void PackSingles(int row, ReadOnlySpan<byte> source, Span<float> tile)
    {
        for (int column = 0; column < layout.Columns; column++)
            tile[(column * TileRows) + row] = BinaryPrimitives.ReadSingleLittleEndian(source[(column * sizeof(float))..]);
    }

    private void PackHalves(int row, ReadOnlySpan<byte> source, Span<ushort> tile)
    {
        for (int column = 0; column < layout.Columns; column++)
        {
            int inBlock = column % 16;
            int word = ((row / 8) + (inBlock / 8 * 2)) + (4 * ((row % 8 * 4) + (inBlock % 8 / 2)));
            tile[(column / 16 * 256) + (word * 2) + (column % 2)] = BinaryPrimitives.ReadUInt16LittleEndian(source[(column * sizeof(ushort))..]);
        }
    }

    private void PackCodes(int row, ReadOnlySpan<byte> source, Span<byte> tileCodes, Span<byte> tileUpper, Span<byte> tileScales, Span<byte> tileSubScales)
    {
        int size = BlockFormat.BlockSize(layout.Type), bytes = BlockFormat.BlockBytes(layout.Type), groupSize = BlockFormat.GroupSize(layout.Type);
        Span<byte> codes = stackalloc byte[256];
        Span<float> scales = stackalloc float[16], minima = stackalloc float[16];
        for (int start = 0; start < layout.Columns; start += size, source = source[bytes..])
        {
            ReadOnlySpan<byte> stored = source[..bytes];
            BlockFormat.Unpack(layout.Type, stored, codes, scales, minima);
            for (int i = 0; i < size; i += BlockColumns)
            {
                int block = (start + i) / BlockColumns;
                PackBlock(row, block, codes.Slice(i, BlockColumns), tileCodes, tileUpper);
                if (layout.Scales == ScaleForm.Half)
                    stored[..2].CopyTo(tileScales[((block * 32) + PairedHalf(row))..]);
                else if (layout.Scales == ScaleForm.Single)
                    PackSingleScales(row, block, scales[(i / groupSize)..], minima[(i / groupSize)..], groupSize, tileScales);
            }

            if (layout.Scales is ScaleForm.Affine or ScaleForm.Signed)
                PackSubScales(row, start / size, stored, tileScales, tileSubScales);
        }
    }

    /// <summary>Of the words that a thread takes, which byte has a code.</summary>
    private void PackBlock(int row, int block, ReadOnlySpan<byte> codes, Span<byte> tile, Span<byte> upper)
    {
        int zero = BlockFormat.Zero(layout.Type);
        for (int column = 0; column < BlockColumns; column++)
        {
            int word = (row / 8) + (column / 16 * 2) + (4 * ((row % 8 * 4) + (column % 16 / 4)));
            int at = (word * 4) + (column % 4);
            int code = codes[column] - zero;
            switch (layout.CodeBits)
            {
                case 8:
                    tile[(block * 512) + at] = (byte)code;
                    break;
                default:
                    tile[(block / 2 * 512) + at] |= (byte)((code & 0x0F) << (4 * (block % 2)));
                    if (layout.CodeBits == 6)
                        upper[(block / 4 * 512) + at] |= (byte)((code >> 4 & 0x03) << (2 * (block % 4)));
                    break;
            }
        }
    }

    private static void PackSingleScales(int row, int block, ReadOnlySpan<float> scales, ReadOnlySpan<float> minima, int groupSize, Span<byte> tile)
    {
        // Where 32 codes share a scale, both halves get it.
        int second = groupSize == 16 ? 1 : 0;
        Span<float> target = MemoryMarshal.Cast<byte, float>(tile.Slice((block * 256) + (row * 16), 16));
        (target[0], target[1], target[2], target[3]) = (scales[0], scales[second], minima[0], minima[second]);
    }

    private void PackSubScales(int row, int super, ReadOnlySpan<byte> stored, Span<byte> tileScales, Span<byte> tileSubScales)
    {
        if (layout.Scales == ScaleForm.Affine)
        {
            // Scale and minimum, together a word.
            stored[..4].CopyTo(tileScales[((super * 64) + (row * 4))..]);
            Vector128<byte> scales, minima;
            unsafe
            {
                fixed (byte* block = stored)
                    (scales, minima) = (SixBitScales.Scales(block), SixBitScales.Minima(block));
            }

            for (int block = 0; block < 8; block++)
                (tileSubScales[Sub(super, block, row)], tileSubScales[Sub(super, block, row) + 1]) = (scales[block], minima[block]);
            return;
        }

        stored[Q6_KLayout.ScaleOffset..].CopyTo(tileScales[((super * 32) + PairedHalf(row))..]);
        for (int block = 0; block < 8; block++)
            stored.Slice(192 + (block * 2), 2).CopyTo(tileSubScales[Sub(super, block, row)..]);
    }

    /// <summary>Rows g and g + 8 lie in one word: the thread that has the one has the other.</summary>
    private static int PairedHalf(int row) => (row % 8 * 4) + (row / 8 * 2);

    private static int Sub(int super, int block, int row) => (((super * 8) + block) * 32) + PairedHalf(row);
}
