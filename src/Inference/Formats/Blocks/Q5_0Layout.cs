using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>F16 scale, 32 fifth bits, then 32 four-bit codes as in Q4_0.</summary>
internal readonly unsafe struct Q5_0Layout : IRunLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 22;
    public static int GroupSize => 32;
    public static int Zero => 16;
    public static bool CanQuantize => true;
    public static int CodeBits => 5;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = Bits.Half(block);
        Bits.UnpackRuns<Q5_0Layout>(block, codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run) =>
        Bits.FiveBits(Vector128.Load(block + 6), Unsafe.ReadUnaligned<uint>(block + 2));

    public static void Quantize(ReadOnlySpan<float> source, Span<byte> block)
    {
        Half scale = Bits.ScaleToHalf(SymmetricScale.Find(source, 16));
        BinaryPrimitives.WriteHalfLittleEndian(block, scale);
        float inverse = 1 / (float)scale;
        uint fifthBits = 0;
        for (int i = 0; i < 16; i++)
        {
            int low = SymmetricScale.Code(source[i] * inverse, 16) + 16;
            int high = SymmetricScale.Code(source[i + 16] * inverse, 16) + 16;
            fifthBits |= (uint)(low >> 4) << i | (uint)(high >> 4) << (i + 16);
            block[6 + i] = (byte)((low & 0x0F) | (high & 0x0F) << 4);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(block[2..], fifthBits);
    }
}
