using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Formats;
using Inference.Formats.Blocks;

namespace Inference.Cpu.Linear;

/// <summary>Packs a quantised type from its stored blocks, 32 weights at a time and never outside of registers.</summary>
internal sealed unsafe class BlockPacker<TLayout>(StoredTensor tensor, PackedMatrix matrix) : PanelPacker(tensor, matrix)
    where TLayout : struct, IRunLayout
{
    private const int Runs = 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override bool TryPackPanel(byte* source, int rows, byte* panel)
    {
        int supers = Matrix.Columns / TLayout.BlockSize;
        int superBytes = Layout.SuperBytes;
        int codeBytes = Layout.SuperBlocks * Layout.BlockCodeBytes;
        nint rowBytes = RowBytes;
        for (int super = 0; super < supers; super++, source += TLayout.BlockBytes, panel += superBytes)
        {
            byte* block = source;
            for (int row = 0; row < rows; row++, block += rowBytes)
            {
                PackCodes(block, panel + row * sizeof(uint));
                PackScales(block, panel + codeBytes, row);
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackCodes(byte* block, byte* destination)
    {
        PackRun(block, 0, destination);
        if (TLayout.BlockSize == PanelLayout.BlockColumns)
            return;

        // Written out, because constants spare the shifts and addresses that depend on the run most of their work.
        PackRun(block, 1, destination);
        PackRun(block, 2, destination);
        PackRun(block, 3, destination);
        PackRun(block, 4, destination);
        PackRun(block, 5, destination);
        PackRun(block, 6, destination);
        PackRun(block, 7, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackRun(byte* block, int run, byte* destination)
    {
        (Vector128<byte> first, Vector128<byte> second) = TLayout.Codes(block, run);
        PlanePacker.Pack(first, second, TLayout.CodeBits, destination + run * TLayout.CodeBits * PanelLayout.GroupBytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackScales(byte* block, byte* destination, int row)
    {
        ushort* halves = (ushort*)destination + row;
        *halves = Unsafe.ReadUnaligned<ushort>(block + TLayout.ScaleOffset);
        halves += PanelLayout.Rows;
        if (TLayout.HasMinima)
        {
            // Panels subtract their minima.
            *halves = (ushort)(Unsafe.ReadUnaligned<ushort>(block + TLayout.MinimumOffset) ^ (TLayout.AddsMinimum ? 0x8000 : 0));
            halves += PanelLayout.Rows;
        }

        if (TLayout.BlockSize == PanelLayout.BlockColumns)
            return;

        Vector128<byte> entries = TLayout.SubScales(block);
        int count = TLayout.BlockSize / TLayout.GroupSize;
        if (TLayout.HasMinima && count == 2 * Runs)
        {
            entries |= TLayout.SubMinima(block) << 4;
        }
        else if (TLayout.HasMinima)
        {
            entries = Vector128.Create(entries.GetLower(), TLayout.SubMinima(block).GetLower());
            entries = Vector128.Shuffle(entries, Vector128.Create((byte)0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
            count *= 2;
        }

        byte* subScales = (byte*)halves - row;
        Scatter(entries.AsUInt64().ToScalar(), subScales);
        if (count > Runs)
            Scatter(entries.AsUInt64().GetElement(1), subScales + Runs * PanelLayout.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scatter(ulong entries, byte* destination)
    {
        for (int i = 0; i < sizeof(ulong); i++, entries >>= 8)
            destination[i * PanelLayout.Rows] = (byte)entries;
    }
}
