using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>One IEEE half for each 32 columns.</summary>
internal readonly unsafe struct HalfScales<TLanes, T> : IScales<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Blocks => 1;

    public static int Bytes => PanelLayout.Rows * sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Scale(byte* scales, int row) => TLanes.LoadHalves(scales + row * sizeof(ushort));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Minimum(byte* scales, int row) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T BlockScale(T scale, byte* scales, int block, int row) => scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T BlockMinimum(T minimum, byte* scales, int block, int row) => minimum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T SubScale(byte* scales, int block, int half, int row) => TLanes.RepeatInt16(1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T SubMinima(byte* scales, int block, int row) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T AddMinimum(T sum, T minimum, T subMinima, T inputScale, byte* input) => sum;
}
