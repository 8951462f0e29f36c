namespace Inference.Formats.Blocks;

/// <summary>
/// As Q4_K, with 32 bytes of fifth bits between scales and codes: bit g of byte l belongs to weight 32 g + l.
/// </summary>
internal readonly struct Q5_KLayout : IBlockLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 176;
    public static int GroupSize => 32;
    public static int Zero => 0;
    public static bool HasMinima => true;
    public static int CodeBits => 5;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        SixBitScales.Unpack(block, scales, minima);
        ReadOnlySpan<byte> fifthBits = block.Slice(16, 32);
        ReadOnlySpan<byte> packed = block.Slice(48, 128);
        for (int group = 0; group < 8; group++)
        {
            ReadOnlySpan<byte> nibbles = packed.Slice(32 * (group / 2), 32);
            Bits.Join(nibbles, 4 * (group % 2), 0x0F, fifthBits, group, 0x01, 4, codes.Slice(32 * group, 32));
        }
    }
}
