using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// One power-of-two scale (E8M0), then 32 FP4 (E2M1) codes in Q4_0's order. Source: OCP Microscaling Formats (MX) Specification 1.0.
/// </summary>
/// <remarks>The codes hold twice the FP4 value, which is an integer; the scale is halved to match.</remarks>
internal readonly struct MXFP4Layout : IBlockLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 17;
    public static int GroupSize => 32;
    public static int Zero => 128;
    public static int CodeBits => 4;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = float.ScaleB(1, block[0] - 128);
        Vector128<byte> doubled = Vector128.Create(
            (byte)128, 129, 130, 131, 132, 134, 136, 140,
            128, 127, 126, 125, 124, 122, 120, 116);
        Bits.LookUpNibbles(block.Slice(1, 16), doubled, codes, codes[16..]);
    }
}
