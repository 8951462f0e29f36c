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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Low(byte* codes, int group) =>
        TLanes.LookUp(TLanes.Repeat(Codebook.Fp4), NibbleGroup.Load<TLanes, T>(codes, group));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T High(byte* codes, int group) => default;
}
