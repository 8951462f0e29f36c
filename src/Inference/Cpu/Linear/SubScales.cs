using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Super-blocks of 256 columns: IEEE halves for all of it, integers for each group of 16 or 32.</summary>
internal readonly unsafe struct SubScales<TLanes, T, TGrouping> : IScales<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
    where TGrouping : struct, IGrouping
{
    private const int HalvesBytes = PanelLayout.Rows * sizeof(ushort);

    public static int Blocks => 8;

    public static int Bytes => Fields * HalvesBytes + Blocks * BlockBytes;

    /// <summary>Whether one sub-scale holds for all 32 columns of a block.</summary>
    private static bool IsWhole => TGrouping.GroupsPerBlock == 1;

    private static int Fields => TGrouping.HasMinima ? 2 : 1;

    private static int BlockBytes => (TGrouping.HasNibbles ? 1 : Fields) * TGrouping.GroupsPerBlock * PanelLayout.Rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Scale(byte* scales, int row) => TLanes.LoadHalves(scales + row * sizeof(ushort));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Minimum(byte* scales, int row) =>
        TGrouping.HasMinima ? TLanes.LoadHalves(scales + HalvesBytes + row * sizeof(ushort)) : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T BlockScale(T scale, byte* scales, int block, int row) =>
        IsWhole ? TLanes.Multiply(scale, TLanes.LoadSBytesAsSingle(Block(scales, block) + row)) : scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T BlockMinimum(T minimum, byte* scales, int block, int row) =>
        IsWhole && TGrouping.HasMinima ? TLanes.Multiply(minimum, TLanes.LoadSBytesAsSingle(Block(scales, block) + PanelLayout.Rows + row)) : minimum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T SubScale(byte* scales, int block, int half, int row)
    {
        if (IsWhole)
            return TLanes.RepeatInt16(1);

        byte* subScale = Block(scales, block) + half * PanelLayout.Rows + row;
        return TGrouping.HasNibbles ? TLanes.LoadNibblePairs(subScale, subScale, 0) : TLanes.LoadPairs(subScale, subScale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T SubMinima(byte* scales, int block, int row)
    {
        if (IsWhole || !TGrouping.HasMinima)
            return default;

        if (TGrouping.HasNibbles)
            return TLanes.LoadNibblePairs(Block(scales, block) + row, Block(scales, block) + PanelLayout.Rows + row, 4);

        byte* minima = Block(scales, block) + TGrouping.GroupsPerBlock * PanelLayout.Rows + row;
        return TLanes.LoadPairs(minima, minima + PanelLayout.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T AddMinimum(T sum, T minimum, T subMinima, T inputScale, byte* input)
    {
        if (!TGrouping.HasMinima)
            return sum;
        if (IsWhole)
            return TLanes.MultiplyAdd(minimum, TLanes.Repeat(input + InputBlock.ScaledSumOffset), sum);

        T integer = TLanes.DotInt16(subMinima, TLanes.Repeat(input + InputBlock.HalfSumsOffset));
        return TLanes.MultiplyAdd(TLanes.Int32ToSingle(integer), TLanes.Multiply(minimum, inputScale), sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Block(byte* scales, int block) => scales + Fields * HalvesBytes + block * BlockBytes;
}
