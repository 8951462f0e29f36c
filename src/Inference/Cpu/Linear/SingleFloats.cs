using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>32-bit floats.</summary>
internal readonly unsafe struct SingleFloats<TLanes, T> : IFloats<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Bytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(byte* source) => TLanes.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MultiplyAdd(T weights, T inputs, T sums) => TLanes.MultiplyAdd(weights, inputs, sums);
}
