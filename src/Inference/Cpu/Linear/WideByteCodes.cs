using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Codes of eight bits, 128 for zero, one in a byte.</summary>
internal readonly unsafe struct WideByteCodes<TLanes, T> : ICodes<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Bytes => 8 * PanelLayout.GroupBytes;

    public static bool IsWide => true;

    public static int ZeroPower => 3;

    public static T LowTable => default;

    public static T HighTable => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Low(T table, byte* codes, int group) => TLanes.Bits(TLanes.Load(codes + group * PanelLayout.GroupBytes), 0, 0x0F);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T High(T table, byte* codes, int group) => TLanes.Bits(TLanes.Load(codes + group * PanelLayout.GroupBytes), 4, 0x0F);
}
