using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Indices of FP4 numbers, two in a byte.</summary>
internal readonly unsafe struct Fp4Codes<TLanes, T> : ICodes<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Bytes => 4 * PanelLayout.GroupBytes;

    public static bool IsWide => false;

    public static int ZeroPower => 4;

    public static T LowTable => TLanes.Repeat(Codebook.Fp4);

    public static T HighTable => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Low(T table, byte* codes, int group) =>
        TLanes.LookUp(table, CodePlane.Load<TLanes, T>(codes, 4, group, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T High(T table, byte* codes, int group) => default;
}
