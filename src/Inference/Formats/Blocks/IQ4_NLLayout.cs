namespace Inference.Formats.Blocks;

/// <summary>Q4_0's layout, with codes that index <see cref="NonLinearCodebook"/>.</summary>
internal readonly struct IQ4_NLLayout : IBlockLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 18;
    public static int GroupSize => 32;
    public static int Zero => 128;
    public static int CodeBits => 4;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = Bits.Half(block);
        Bits.LookUpNibbles(block.Slice(2, 16), NonLinearCodebook.Codes, codes, codes[16..]);
    }
}
