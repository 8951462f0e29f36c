using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Halves, as <see cref="PanelHalf"/> keeps them.</summary>
internal readonly unsafe struct HalfFloats<TLanes, T> : IFloats<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(byte* source) => TLanes.LoadPanelHalves(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MultiplyAdd(T weights, T inputs, T sums) => TLanes.MultiplyAdd(weights, inputs, sums);
}
