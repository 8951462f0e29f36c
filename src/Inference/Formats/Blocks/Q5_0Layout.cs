using System.Buffers.Binary;

namespace Inference.Formats.Blocks;

/// <summary>F16 scale, 32 fifth bits, then 32 four-bit codes as in Q4_0.</summary>
internal readonly struct Q5_0Layout : IBlockLayout
{
    public static int BlockSize => 32;
    public static int BlockBytes => 22;
    public static int GroupSize => 32;
    public static int Zero => 16;
    public static int CodeBits => 5;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = Bits.Half(block);
        Bits.SplitNibbles(block.Slice(6, 16), codes, codes[16..]);
        Bits.AddFifthBits(BinaryPrimitives.ReadUInt32LittleEndian(block[2..]), codes);
    }
}
