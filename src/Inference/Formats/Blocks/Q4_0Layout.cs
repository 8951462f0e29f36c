using System.Buffers.Binary;

namespace Inference.Formats.Blocks;

/// <summary>F16 scale, then 32 four-bit codes: byte i holds code i (low) and code i + 16 (high).</summary>
internal readonly struct Q4_0Layout : IBlockLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 18;
    public static int GroupSize => 32;
    public static int Zero => 8;
    public static bool CanQuantize => true;
    public static int CodeBits => 4;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = Bits.Half(block);
        Bits.SplitNibbles(block.Slice(2, 16), codes, codes[16..]);
    }

    public static void Quantize(ReadOnlySpan<float> source, Span<byte> block)
    {
        Half scale = Bits.ScaleToHalf(SymmetricScale.Find(source, 8));
        BinaryPrimitives.WriteHalfLittleEndian(block, scale);
        float inverse = 1 / (float)scale;
        for (int i = 0; i < 16; i++)
        {
            int low = SymmetricScale.Code(source[i] * inverse, 8) + 8;
            int high = SymmetricScale.Code(source[i + 16] * inverse, 8) + 8;
            block[2 + i] = (byte)(low | (high << 4));
        }
    }
}
