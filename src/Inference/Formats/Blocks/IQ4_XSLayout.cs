using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inference.Formats.Blocks;

/// <summary>
/// F16 scale of scales, 16 bits with the top two bits of eight six-bit scales, 4 bytes with their lower nibbles, then eight groups of
/// 16 code bytes as in IQ4_NL. Scales are offset by 32.
/// </summary>
internal readonly unsafe struct IQ4_XSLayout : IRunLayout
{
    public static int BlockSize => 256;
    public static int BlockBytes => 136;
    public static int GroupSize => 32;
    public static int Zero => 128;
    public static int CodeBits => 4;

    public static void Unpack(ReadOnlySpan<byte> block, Span<byte> codes, Span<float> scales, Span<float> minima)
    {
        float scale = Bits.Half(block);
        int upper = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (int group = 0; group < 8; group++)
        {
            int low = (block[4 + group / 2] >> (4 * (group % 2))) & 0x0F;
            int high = (upper >> (2 * group)) & 0x03;
            scales[group] = scale * ((low | (high << 4)) - 32);
            Bits.LookUpNibbles(
                block.Slice(8 + 16 * group, 16), NonLinearCodebook.Codes, codes[(32 * group)..], codes[(32 * group + 16)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<byte> First, Vector128<byte> Second) Codes(byte* block, int run)
    {
        Vector128<byte> packed = Vector128.Load(block + 8 + 16 * run);
        return (packed & Vector128.Create((byte)0x0F), packed >>> 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SubScales(byte* block)
    {
        uint upper = Unsafe.ReadUnaligned<ushort>(block + 2);
        uint lower = Unsafe.ReadUnaligned<uint>(block + 4);
        ulong scales = 0;
        for (int group = 0; group < 8; group++)
            scales |= (ulong)((lower >> 4 * group & 0x0F) | (upper >> 2 * group & 0x03) << 4) << 8 * group;
        return Vector128.CreateScalar(scales).AsByte() - Vector128.Create((byte)32);
    }
}
