using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// Eight six-bit scales and eight six-bit minima in 12 bytes, as Q4_K and Q5_K store them: bytes 0 to 3 hold scales 0 to 3 and, in
/// their top two bits, the top of scales 4 to 7; bytes 4 to 7 the same for minima; bytes 8 to 11 the low nibbles of scales 4 to 7
/// (low) and of minima 4 to 7 (high).
/// </summary>
internal static unsafe class SixBitScales
{
    public const int Bytes = 12;

    /// <summary>Reads them and multiplies them with the block's F16 scale and F16 minimum, which come first in the block.</summary>
    public static void Unpack(ReadOnlySpan<byte> block, Span<float> scales, Span<float> minima)
    {
        float scale = Bits.Half(block);
        float minimum = Bits.Half(block[2..]);
        ReadOnlySpan<byte> packed = block.Slice(4, Bytes);
        for (int i = 0; i < 4; i++)
        {
            scales[i] = scale * (packed[i] & 0x3F);
            minima[i] = minimum * (packed[i + 4] & 0x3F);
            scales[i + 4] = scale * ((packed[i + 8] & 0x0F) | ((packed[i] >> 6) << 4));
            minima[i + 4] = minimum * ((packed[i + 8] >> 4) | ((packed[i + 4] >> 6) << 4));
        }
    }

    /// <summary>The integers of the scales, in the lower half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Scales(byte* block) => Read(block, 4, 0);

    /// <summary>The integers of the minima, in the lower half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Minima(byte* block) => Read(block, 8, 4);

    /// <summary>Writes eight scales and eight minima of 0 to 63.</summary>
    public static void Pack(ReadOnlySpan<byte> scales, ReadOnlySpan<byte> minima, Span<byte> packed)
    {
        for (int i = 0; i < 4; i++)
        {
            packed[i] = (byte)(scales[i] | ((scales[i + 4] >> 4) << 6));
            packed[i + 4] = (byte)(minima[i] | ((minima[i + 4] >> 4) << 6));
            packed[i + 8] = (byte)((scales[i + 4] & 0x0F) | ((minima[i + 4] & 0x0F) << 4));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Read(byte* block, int offset, int shift)
    {
        uint first = Unsafe.ReadUnaligned<uint>(block + offset);
        uint low = Unsafe.ReadUnaligned<uint>(block + 12) >> shift & 0x0F0F0F0F;
        uint high = first >> 6 & 0x03030303;
        return Vector128.CreateScalar((first & 0x3F3F3F3F) | (ulong)(low | high << 4) << 32).AsByte();
    }
}
