using System.Runtime.CompilerServices;
using Inference.Formats;

namespace Inference.Cpu.Linear;

/// <summary>Packs types whose stored blocks hold codes as panels do, by copying them: packing then costs little more than reading.</summary>
/// <remarks>
/// These are blocks of 32 that begin with their scale. Q8_0 is bytes in order, with signs where panels have 128 for zero. The four-bit
/// types hold weights i and i + 16 in byte i, and four such bytes are what a panel's group of nibbles is.
/// </remarks>
internal sealed unsafe class CopyPacker(StoredTensor tensor, PackedMatrix matrix) : PanelPacker(tensor, matrix)
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override bool TryPackPanel(byte* source, int rows, byte* panel)
    {
        int blocks = Matrix.Columns / Layout.SuperColumns;
        int groups = Layout.BlockCodeBytes / PanelLayout.GroupBytes;
        int headBytes = BlockBytes - 4 * groups;
        uint flip = Type == TensorType.Q8_0 ? 0x80808080u : 0;
        for (int block = 0; block < blocks; block++, source += BlockBytes, panel += Layout.SuperBytes)
        {
            for (int row = 0; row < rows; row++)
            {
                byte* stored = source + row * RowBytes;
                PackScale(stored, (ushort*)(panel + Layout.BlockCodeBytes) + row);
                for (int group = 0; group < groups; group++)
                {
                    *(uint*)(panel + group * PanelLayout.GroupBytes + 4 * row) =
                        Unsafe.ReadUnaligned<uint>(stored + headBytes + 4 * group) ^ flip;
                }
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PackScale(byte* stored, ushort* scale)
    {
        if (Type == TensorType.MXFP4)
        {
            // The numbers of the codebook are doubled, so the power of two is halved; two exponents are subnormal then.
            int exponent = *stored;
            *scale = (ushort)(exponent > 1 ? (exponent - 1) << 7 : 0x20 << exponent);
            return;
        }

        *scale = Unsafe.ReadUnaligned<ushort>(stored);
        // Stored minima are added, panels subtract theirs.
        if (Type == TensorType.Q4_1)
            scale[PanelLayout.Rows] = (ushort)(Unsafe.ReadUnaligned<ushort>(stored + sizeof(ushort)) ^ 0x8000);
    }
}
