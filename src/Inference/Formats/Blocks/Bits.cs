using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>The bit fields that block layouts are made of.</summary>
internal static unsafe class Bits
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

    /// <summary>Shifts bytes to the right; their upper bits are then their neighbours'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Shift(Vector128<byte> bytes, int count) => (bytes.AsUInt16() >>> count).AsByte();

    /// <summary>(low >> lowShift &amp; lowMask) | (high >> highShift &amp; highMask) &lt;&lt; highPosition, byte by byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Join(
        Vector128<byte> low, int lowShift, byte lowMask, Vector128<byte> high, int highShift, byte highMask, int highPosition) =>
        (Shift(low, lowShift) & Vector128.Create(lowMask))
        | ((Shift(high, highShift) & Vector128.Create(highMask)).AsUInt16() << highPosition).AsByte();

    /// <summary>Codes of which byte i holds the lower nibbles of codes i and i + 16, and bit i of an integer the fifth bit of code i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) FiveBits(Vector128<byte> nibbles, uint fifthBits)
    {
        Vector128<byte> bits = Vector128.CreateScalar(fifthBits).AsByte();
        Vector128<byte> select = Vector128.Create(0x8040201008040201).AsByte();
        Vector128<byte> first = Vector128.Shuffle(bits, Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)) & select;
        Vector128<byte> second = Vector128.Shuffle(bits, Vector128.Create((byte)2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3)) & select;
        Vector128<byte> fifth = Vector128.Create((byte)0x10);
        return (
            (nibbles & Vector128.Create((byte)0x0F)) | (Vector128.Equals(first, select) & fifth),
            nibbles >>> 4 | (Vector128.Equals(second, select) & fifth));
    }

    /// <summary>Writes the codes of a block, 32 a run.</summary>
    public static void UnpackRuns<TLayout>(ReadOnlySpan<byte> block, Span<byte> codes)
        where TLayout : struct, IRunLayout
    {
        fixed (byte* source = block)
        {
            for (int run = 0; run < TLayout.BlockSize / 32; run++)
            {
                (Vector128<byte> first, Vector128<byte> second) = TLayout.Codes(source, run);
                first.CopyTo(codes[(32 * run)..]);
                second.CopyTo(codes[(32 * run + 16)..]);
            }
        }
    }
}
