using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Codes below 64, in one plane of bits or two.</summary>
internal readonly unsafe struct PlaneCodes<TLanes, T, TPlanes, TZero> : ICodes<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
    where TPlanes : struct, IPlanes
    where TZero : struct, IZero
{
    public static int Bytes => (TPlanes.LowBits + TPlanes.HighBits) * PanelLayout.GroupBytes;

    public static bool IsWide => false;

    public static int ZeroPower => TZero.Power;

    public static T LowTable => default;

    public static T HighTable => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Low(T table, byte* codes, int group)
    {
        T low = CodePlane.Load<TLanes, T>(codes, TPlanes.LowBits, group, 0);
        if (TPlanes.HighBits == 0)
            return low;
        byte* high = codes + TPlanes.LowBits * PanelLayout.GroupBytes;
        return TLanes.Or(low, CodePlane.Load<TLanes, T>(high, TPlanes.HighBits, group, TPlanes.LowBits));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T High(T table, byte* codes, int group) => default;
}
