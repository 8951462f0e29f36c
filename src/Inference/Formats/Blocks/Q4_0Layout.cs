namespace Inference.Formats.Blocks;

/// <summary>F16 scale, then 32 four-bit codes: byte i holds code i (low) and code i + 16 (high).</summary>
internal readonly struct Q4_0Layout : IBlockLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 18;
    public static int GroupSize => 32;
    public static int Zero => 8;
    public static int CodeBits => 4;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = Bits.Half(block);
        Bits.SplitNibbles(block.Slice(2, 16), codes, codes[16..]);
    }
}
