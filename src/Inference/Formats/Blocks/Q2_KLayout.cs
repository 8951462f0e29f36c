namespace Inference.Formats.Blocks;

/// <summary>
/// 16 bytes of scale (low nibble) and minimum (high nibble), 64 bytes of two-bit codes, F16 scale of scales, F16 scale of minima.
/// In each half of 128 weights, byte l holds the codes of weights l, l + 32, l + 64 and l + 96.
/// </summary>
internal readonly struct Q2_KLayout : IBlockLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 84;
    public static int GroupSize => 16;
    public static int Zero => 0;
    public static bool HasMinima => true;
    public static int CodeBits => 2;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        float scale = Bits.Half(block[80..]);
        float minimum = Bits.Half(block[82..]);
        for (int group = 0; group < 16; group++)
        {
            scales[group] = scale * (block[group] & 0x0F);
            minima[group] = minimum * (block[group] >> 4);
        }

        ReadOnlySpan<byte> packed = block.Slice(16, 64);
        for (int run = 0; run < 8; run++)
        {
            ReadOnlySpan<byte> bytes = packed.Slice(32 * (run / 4), 32);
            Bits.Join(bytes, 2 * (run % 4), 0x03, bytes, 0, 0, 0, codes.Slice(32 * run, 32));
        }
    }
}
