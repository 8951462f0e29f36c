using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
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
                PackScale(source + row * RowBytes, (ushort*)(panel + Layout.BlockCodeBytes) + row);
            if (rows == PanelLayout.Rows)
                Transpose(source + headBytes, RowBytes, panel, groups, Vector128.Create(flip));
            else
                CopyRows(source + headBytes, rows, panel, groups, flip);
        }

        return true;
    }

    /// <summary>Groups of a block for all rows of a panel, four by four in registers: word by word this took longer than the memory does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(byte* codes, nint rowBytes, byte* panel, int groups, Vector128<uint> flip)
    {
        for (int row = 0; row < PanelLayout.Rows; row += 4, codes += 4 * rowBytes, panel += 4 * sizeof(uint))
        {
            for (int group = 0; group < groups; group += 4)
            {
                byte* stored = codes + 4 * group;
                byte* packed = panel + group * PanelLayout.GroupBytes;
                Vector128<uint> row0 = Vector128.Load((uint*)stored) ^ flip;
                Vector128<uint> row1 = Vector128.Load((uint*)(stored + rowBytes)) ^ flip;
                Vector128<uint> row2 = Vector128.Load((uint*)(stored + 2 * rowBytes)) ^ flip;
                Vector128<uint> row3 = Vector128.Load((uint*)(stored + 3 * rowBytes)) ^ flip;
                Vector128<uint> even01 = Lower(row0, row2);
                Vector128<uint> odd01 = Lower(row1, row3);
                Vector128<uint> even23 = Upper(row0, row2);
                Vector128<uint> odd23 = Upper(row1, row3);
                Lower(even01, odd01).Store((uint*)packed);
                Upper(even01, odd01).Store((uint*)(packed + PanelLayout.GroupBytes));
                Lower(even23, odd23).Store((uint*)(packed + 2 * PanelLayout.GroupBytes));
                Upper(even23, odd23).Store((uint*)(packed + 3 * PanelLayout.GroupBytes));
            }
        }
    }

    private void CopyRows(byte* codes, int rows, byte* panel, int groups, uint flip)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < groups; group++)
                *(uint*)(panel + group * PanelLayout.GroupBytes + 4 * row) = Unsafe.ReadUnaligned<uint>(codes + row * RowBytes + 4 * group) ^ flip;
        }
    }

    /// <summary>The first two elements of each, in turns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Lower(Vector128<uint> a, Vector128<uint> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    /// <summary>The last two elements of each, in turns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Upper(Vector128<uint> a, Vector128<uint> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

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
