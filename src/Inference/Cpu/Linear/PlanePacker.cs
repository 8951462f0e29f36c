using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Cpu.Linear;

/// <summary>Cuts the codes of 32 columns into planes; see <see cref="PanelLayout"/>.</summary>
internal static unsafe class PlanePacker
{
    /// <summary>Packs one row.</summary>
    /// <param name="first">Codes of columns 0 to 15.</param>
    /// <param name="second">Codes of columns 16 to 31.</param>
    /// <param name="bits">Bits of a code, 2 to 6.</param>
    /// <param name="destination">The row's first byte of the block.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pack(Vector128<byte> first, Vector128<byte> second, int bits, byte* destination)
    {
        int low = bits >= 4 ? 4 : 2;
        if (low == 4)
            PackNibbles(first, second, destination);
        else
            PackPairs(first, second, 0, destination);
        destination += low * PanelLayout.GroupBytes;
        if (bits - low == 2)
            PackPairs(first, second, low, destination);
        else if (bits - low == 1)
            PackBits(first, second, low, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackNibbles(Vector128<byte> first, Vector128<byte> second, byte* destination)
    {
        // What is shifted beyond the four bits leaves the byte or falls under the mask of its neighbour.
        Vector128<byte> mask = Vector128.Create((byte)0x0F);
        Vector128<uint> words = Vector128.ConditionalSelect(mask, first, (second.AsUInt16() << 4).AsByte()).AsUInt32();
        for (int i = 0; i < 4; i++)
            *(uint*)(destination + i * PanelLayout.GroupBytes) = words.GetElement(i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackPairs(Vector128<byte> first, Vector128<byte> second, int position, byte* destination)
    {
        Vector128<ulong> halves = Halves(first, second, position, 0x03);
        ulong words = halves.ToScalar() | halves.GetElement(1) << 2;
        *(uint*)destination = (uint)words;
        *(uint*)(destination + PanelLayout.GroupBytes) = (uint)(words >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackBits(Vector128<byte> first, Vector128<byte> second, int position, byte* destination)
    {
        Vector128<ulong> halves = Halves(first, second, position, 0x01);
        ulong words = halves.ToScalar() | halves.GetElement(1) << 2;
        *(uint*)destination = (uint)words | (uint)(words >> 32) << 1;
    }

    /// <summary>The chosen bits of the first 16 codes in the low nibbles, of the second 16 in the high ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Halves(Vector128<byte> first, Vector128<byte> second, int position, byte mask)
    {
        Vector128<byte> lower = (first.AsUInt16() >>> position).AsByte() & Vector128.Create(mask);
        Vector128<byte> upper = (second.AsUInt16() << (4 - position)).AsByte() & Vector128.Create((byte)(mask << 4));
        return (lower | upper).AsUInt64();
    }
}
