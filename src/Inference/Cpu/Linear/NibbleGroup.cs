using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>A group of four columns out of a block of nibbles: groups 0 to 3 are the low ones, 4 to 7 the high ones.</summary>
internal static unsafe class NibbleGroup
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<TLanes, T>(byte* codes, int group)
        where TLanes : struct, ILanes<T>
        where T : unmanaged => group < 4
            ? TLanes.LowNibbles(TLanes.Load(codes + group * PanelLayout.GroupBytes))
            : TLanes.HighNibbles(TLanes.Load(codes + (group - 4) * PanelLayout.GroupBytes));
}
