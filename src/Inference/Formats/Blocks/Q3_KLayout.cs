namespace Inference.Formats.Blocks;

/// <summary>
/// 32 bytes of third bits, 64 bytes of the two lower bits laid out as in Q2_K, 16 six-bit scales in 12 bytes, F16 scale of scales.
/// Bit r of third-bit byte l belongs to weight 32 r + l. Scales are offset by 32.
/// </summary>
internal readonly struct Q3_KLayout : IBlockLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 110;
    public static int GroupSize => 16;
    public static int Zero => 4;
    public static int CodeBits => 3;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        float scale = Bits.Half(block[108..]);
        ReadOnlySpan<byte> packedScales = block.Slice(96, 12);
        for (int group = 0; group < 16; group++)
        {
            int low = group < 8 ? packedScales[group] & 0x0F : packedScales[group - 8] >> 4;
            int high = (packedScales[8 + group % 4] >> (2 * (group / 4))) & 0x03;
            scales[group] = scale * ((low | (high << 4)) - 32);
        }

        ReadOnlySpan<byte> thirdBits = block[..32];
        ReadOnlySpan<byte> packed = block.Slice(32, 64);
        for (int run = 0; run < 8; run++)
        {
            ReadOnlySpan<byte> bytes = packed.Slice(32 * (run / 4), 32);
            Bits.Join(bytes, 2 * (run % 4), 0x03, thirdBits, run, 0x01, 2, codes.Slice(32 * run, 32));
        }
    }
}
