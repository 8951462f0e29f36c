namespace Inference.Formats.Blocks;

/// <summary>
/// F16 scale of scales, F16 scale of minima, <see cref="SixBitScales"/>, then four-bit codes: in each run of 64 weights, byte l of 32
/// holds the codes of weights l (low) and l + 32 (high).
/// </summary>
internal readonly struct Q4_KLayout : IBlockLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 144;
    public static int GroupSize => 32;
    public static int Zero => 0;
    public static bool HasMinima => true;
    public static int CodeBits => 4;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        SixBitScales.Unpack(block, scales, minima);
        ReadOnlySpan<byte> packed = block.Slice(16, 128);
        for (int run = 0; run < 4; run++)
            Bits.SplitNibbles(packed.Slice(32 * run, 32), codes[(64 * run)..], codes[(64 * run + 32)..]);
    }
}
