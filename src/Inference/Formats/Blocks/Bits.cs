using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>The bit fields that block layouts are made of.</summary>
internal static class Bits
{
    /// <summary>Reads a little-endian F16.</summary>
    public static float Half(ReadOnlySpan<byte> source) => (float)BinaryPrimitives.ReadHalfLittleEndian(source);

    /// <summary>Rounds a block's scale to F16.</summary>
    /// <exception cref="ArgumentException">It is too large: the block would decode as infinities.</exception>
    public static Half ScaleToHalf(float scale)
    {
        Half half = (Half)scale;
        if (!System.Half.IsFinite(half))
            throw new ArgumentException($"Values this large cannot be quantised: the scale would be {scale}.");
        return half;
    }

    /// <summary>Splits bytes, a multiple of 16, into their low nibbles and their high nibbles.</summary>
    public static void SplitNibbles(ReadOnlySpan<byte> packed, Span<byte> low, Span<byte> high)
    {
        for (int i = 0; i < packed.Length; i += Vector128<byte>.Count)
        {
            Vector128<byte> bytes = Vector128.Create(packed[i..]);
            (bytes & Vector128.Create((byte)0x0F)).CopyTo(low[i..]);
            (bytes >>> 4).CopyTo(high[i..]);
        }
    }

    /// <summary>As <see cref="SplitNibbles"/>, with each nibble replaced by its entry in a codebook of 16.</summary>
    public static void LookUpNibbles(ReadOnlySpan<byte> packed, Vector128<byte> codebook, Span<byte> low, Span<byte> high)
    {
        for (int i = 0; i < packed.Length; i += Vector128<byte>.Count)
        {
            Vector128<byte> bytes = Vector128.Create(packed[i..]);
            Vector128.Shuffle(codebook, bytes & Vector128.Create((byte)0x0F)).CopyTo(low[i..]);
            Vector128.Shuffle(codebook, bytes >>> 4).CopyTo(high[i..]);
        }
    }

    /// <summary>
    /// codes[i] = (low[i] >> lowShift &amp; lowMask) | (high[i] >> highShift &amp; highMask) &lt;&lt; highPosition, over 16 or 32 bytes.
    /// </summary>
    public static void Join(
        ReadOnlySpan<byte> low, int lowShift, byte lowMask,
        ReadOnlySpan<byte> high, int highShift, byte highMask, int highPosition,
        Span<byte> codes)
    {
        for (int i = 0; i < codes.Length; i += Vector128<byte>.Count)
        {
            Vector128<byte> lower = (Vector128.Create(low[i..]) >>> lowShift) & Vector128.Create(lowMask);
            Vector128<byte> upper = (Vector128.Create(high[i..]) >>> highShift) & Vector128.Create(highMask);
            (lower | (upper << highPosition)).CopyTo(codes[i..]);
        }
    }

    /// <summary>codes[i] |= bit i of <paramref name="bits"/>, moved to bit 4, for 32 codes.</summary>
    public static void AddFifthBits(uint bits, Span<byte> codes)
    {
        for (int i = 0; i < codes.Length; i++)
            codes[i] |= (byte)(((bits >> i) & 1) << 4);
    }
}
