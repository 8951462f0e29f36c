using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Codes below 64, one in a byte.</summary>
internal readonly unsafe struct ByteCodes<TLanes, T, TZero> : ICodes<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
    where TZero : struct, IZero
{
    public static int Bytes => 8 * PanelLayout.GroupBytes;

    public static bool IsWide => false;

    public static int ZeroPower => TZero.Power;

    public static T LowTable => default;

    public static T HighTable => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Low(T table, byte* codes, int group) => TLanes.Load(codes + group * PanelLayout.GroupBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T High(T table, byte* codes, int group) => default;
}
