using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>Bfloat16.</summary>
internal readonly unsafe struct BFloats<TLanes, T> : IFloats<T>
    where TLanes : struct, ILanes<T>
    where T : unmanaged
{
    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(byte* source) => TLanes.LoadBFloats(source);
}
