using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Pairs of bfloat16, times an input that is rounded to such pairs: see <see cref="BFloatInput"/>.</summary>
/// <remarks>
/// The second product is added before the first one, as the instruction vdpbf16ps does. That instruction takes subnormal numbers for
/// zeros, which changes nothing: panels and inputs have no numbers so small that a sum of their products could be subnormal.
/// </remarks>
internal readonly unsafe struct BFloatPairs<TLanes, T> : IFloats<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Bytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(byte* source) => TLanes.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MultiplyAdd(T weights, T inputs, T sums) => TLanes.MultiplyAdd(
        TLanes.LowerBFloats(weights),
        TLanes.LowerBFloats(inputs),
        TLanes.MultiplyAdd(TLanes.UpperBFloats(weights), TLanes.UpperBFloats(inputs), sums));
}
