using System.Runtime.CompilerServices;

namespace Inference.Cpu.Linear;

/// <summary>A plane of a block of codes; see <see cref="PanelLayout"/>.</summary>
internal static unsafe class CodePlane
{
    /// <summary>The bits of a group of four columns.</summary>
    /// <param name="plane">The first byte of the plane that belongs to the register's rows.</param>
    /// <param name="bits">Bits of a code in the plane: 1, 2 or 4.</param>
    /// <param name="group">The group, 0 to 7.</param>
    /// <param name="position">Where the bits are put in each byte.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<TLanes, T>(byte* plane, int bits, int group, int position)
        where TLanes : struct, ILanes<T>
        where T : unmanaged
    {
        T bytes = TLanes.Load(plane + group % bits * PanelLayout.GroupBytes);
        return TLanes.Bits(bytes, group / bits * bits - position, (byte)(((1 << bits) - 1) << position));
    }
}
