namespace Inference.Formats.Blocks;

/// <summary>
/// 128 bytes of lower nibbles, 64 bytes of upper two bits, 16 signed bytes of scale, F16 scale of scales. In each half of 128 weights,
/// nibble bytes l of 64 hold weights l (low) and l + 64 (high), and upper byte l of 32 holds weights l, l + 32, l + 64 and l + 96.
/// </summary>
internal readonly struct Q6_KLayout : IBlockLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 210;
    public static int GroupSize => 16;
    public static int Zero => 32;
    public static int CodeBits => 6;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        float scale = Bits.Half(block[208..]);
        for (int group = 0; group < 16; group++)
            scales[group] = scale * (sbyte)block[192 + group];

        for (int run = 0; run < 8; run++)
        {
            int half = run / 4;
            int quarter = run % 4;
            ReadOnlySpan<byte> nibbles = block.Slice(64 * half + 32 * (quarter % 2), 32);
            ReadOnlySpan<byte> upper = block.Slice(128 + 32 * half, 32);
            Bits.Join(nibbles, 4 * (quarter / 2), 0x0F, upper, 2 * quarter, 0x03, 4, codes.Slice(32 * run, 32));
        }
    }
}
