using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Halves as IEEE 754 has them, in panels that were packed for assembled code.</summary>
internal readonly unsafe struct IeeeHalfFloats<TLanes, T> : IFloats<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(byte* source) => TLanes.LoadHalves(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MultiplyAdd(T weights, T inputs, T sums) => TLanes.MultiplyAdd(weights, inputs, sums);
}
