using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu.Linear;

/// <summary>Indices into the codebook of IQ4_NL, two in a byte.</summary>
internal readonly unsafe struct NonLinearCodes<TLanes, T> : ICodes<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Bytes => 4 * PanelLayout.GroupBytes;

    public static bool IsWide => true;

    public static int ZeroPower => 3;

    public static T LowTable => TLanes.Repeat(Codebook.NonLinear & Vector128.Create((byte)0x0F));

    public static T HighTable => TLanes.Repeat(Codebook.NonLinear >>> 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Low(T table, byte* codes, int group) =>
        TLanes.LookUp(table, CodePlane.Load<TLanes, T>(codes, 4, group, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T High(T table, byte* codes, int group) =>
        TLanes.LookUp(table, CodePlane.Load<TLanes, T>(codes, 4, group, 0));
}
