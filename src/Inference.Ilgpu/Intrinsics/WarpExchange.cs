using System.Runtime.CompilerServices;
using ILGPU;

namespace Inference.Ilgpu.Intrinsics;

/// <summary>Shows the threads of an emulated warp each other's operands. A shuffle for each would do, but takes a dozen of the waits that make emulation slow, where this takes two.</summary>
internal static unsafe class WarpExchange
{
    private const int WarpSize = 32;

    // Of the thread that is the warp's first. Two tables in turn: who writes the one has seen everybody leave the other.
    [ThreadStatic]
    private static Operands[]? _tables;

    [ThreadStatic]
    private static int _table;

    /// <summary>What a thread brings to a product.</summary>
    public struct Operands
    {
        public IntQuad First;
        public IntPair Second;
    }

    /// <summary>Puts down the thread's operands and returns those of all; they stay until the call after the next.</summary>
    public static Operands* Share(IntQuad first, IntPair second)
    {
        long address = 0;
        if (Warp.LaneIdx == 0)
        {
            _tables ??= GC.AllocateArray<Operands>(2 * WarpSize, pinned: true);
            _table ^= WarpSize;
            address = (long)Unsafe.AsPointer(ref _tables[_table]);
        }

        Operands* table = (Operands*)Warp.Shuffle(address, 0);
        table[Warp.LaneIdx] = new Operands { First = first, Second = second };
        Warp.Barrier();
        return table;
    }
}
